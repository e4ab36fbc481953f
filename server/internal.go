package main

import (
	"context"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// internal serves metrics and profiles. It is for an address that merchants cannot reach: option internal-listen.
func (a *app) internal() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, value func(context.Context) (int, error)) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "posdoctor_" + name, Help: help}, func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			n, err := value(ctx)
			if err != nil {
				return -1
			}
			return float64(n)
		}))
	}
	gauge("queue_waiting", "Conversations that wait for a person; -1: the database did not answer.", func(ctx context.Context) (int, error) { return a.store.Waiting(ctx, "") })
	gauge("outbox_open", "Calls to the acquirer without a known outcome; -1: the database did not answer.", a.store.Pending)
	gauge("agents_present", "Agents who are there.", func(context.Context) (int, error) { return a.presence.Present(), nil })
	gauge("visitor_sockets", "Open sockets of visitors.", func(context.Context) (int, error) { return a.visitors.Sockets(), nil })

	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
