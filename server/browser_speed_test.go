package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// plainPage is a page of some weight, which is measured with and without the widget in the same run: figures of a busy machine mean
// something only beside each other. Its work is so much to do, and not so long: it takes as much longer as all else does.
const plainPage = `<style>body{font:16px sans-serif;margin:40px}p{max-width:60em}</style><h1>交易</h1>` +
	`<script>for (let i = 0; i < 400; i++) { const p = document.createElement('p'); p.textContent = '交易 ' + i + ' 收款成功 '.repeat(20); document.body.append(p) }
	let sum = 0; for (let i = 0; i < 3e6; i++) sum = Math.imul(sum ^ i, 0x5bd1e995); document.title = sum</script>`

// watchLoad measures what a page costs. Blocking time is what long tasks have over 50 ms, as Lighthouse counts it.
const watchLoad = `window.cost = { blocking: 0, shift: 0, paint: 0 }
	new PerformanceObserver((l) => { for (const e of l.getEntries()) cost.blocking += Math.max(0, e.duration - 50) }).observe({ type: 'longtask', buffered: true })
	new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) cost.shift += e.value }).observe({ type: 'layout-shift', buffered: true })
	new PerformanceObserver((l) => { for (const e of l.getEntries()) cost.paint = e.startTime }).observe({ type: 'largest-contentful-paint', buffered: true })
	document.addEventListener('DOMContentLoaded', () => { const look = () => { const h = document.getElementById('posdoctor')
		if (h && h.shadowRoot.querySelector('.pd-launcher').getClientRects().length) cost.launcher = performance.now(); else requestAnimationFrame(look) }; look() })`

// load is what one visit of a page costs.
type load struct {
	Blocking, Shift, Paint, Launcher float64
	Requests, Bytes                  int
}

// slow is how much slower than this machine the phone is, and how it is reached.
type slow struct {
	cpu     float64
	latency float64 // ms
	bytes   float64 // a second
}

// visit measures a page in a tab of its own, which is closed afterwards: one that stays open, slowed down, takes a part of the processor
// from all that come behind it.
func (h *host) visit(t *testing.T, at string, s slow, then func(*tab, load)) {
	t.Helper()
	t.Run("visit", func(t *testing.T) { then(h.measure(t, at, s)) })
}

// measure visits a page in a fresh tab.
func (h *host) measure(t *testing.T, at string, s slow) (*tab, load) {
	t.Helper()
	b := openTab(t, h.s, "phone", look{width: 412, height: 823, touch: true}, "request to another host: "+h.url+"/")
	var bytes float64
	seen := b.requests()
	b.listen(func(ev any) {
		if e, ok := ev.(*network.EventLoadingFinished); ok {
			b.mu.Lock()
			bytes += e.EncodedDataLength
			b.mu.Unlock()
		}
	})
	b.early(watchLoad)
	b.do(call(emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: s.cpu}),
		call(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{
			{Latency: s.latency, DownloadThroughput: s.bytes, UploadThroughput: s.bytes}}}))
	b.open(at)
	b.do(chromedp.Sleep(2500 * time.Millisecond))
	l := eval[load](b, `({ Blocking: cost.blocking, Shift: cost.shift, Paint: cost.paint, Launcher: cost.launcher || 0 })`)
	l.Requests = len(seen())
	b.mu.Lock()
	l.Bytes = int(bytes)
	b.mu.Unlock()
	return b, l
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// differences are those between neighbours in time: what a machine does beside them changes from minute to minute and is much the same for
// both.
func differences(on, off []float64) []float64 {
	out := make([]float64, len(on))
	for i := range on {
		out[i] = on[i] - off[i]
	}
	return out
}

// ratios are those between neighbours in time.
func ratios(on, off []float64) []float64 {
	out := make([]float64, len(on))
	for i := range on {
		out[i] = on[i] / off[i]
	}
	return out
}

// column picks one figure of many visits.
func column(loads []load, f func(load) float64) []float64 {
	var out []float64
	for _, l := range loads {
		out = append(out, f(l))
	}
	return out
}

func only(t *testing.T) {
	t.Helper()
	if os.Getenv("POSDOCTOR_TEST_ALL") != "1" {
		t.Skip("takes minutes; POSDOCTOR_TEST_ALL=1 runs it")
	}
}

// G1: what the widget adds to a page: bytes, requests, layout shift and blocking time, against the same page without it in the same run.
func TestAcceptG1(t *testing.T) {
	only(t)
	s := startServer(t)
	h := newHost(t, s)
	on, off := h.beside(t, slow{cpu: 4, latency: 150, bytes: 1.6e6 / 8}, 7, nil)
	added := func(f func(load) float64) float64 { return median(differences(column(on, f), column(off, f))) }
	bytes, requests := added(func(l load) float64 { return float64(l.Bytes) }), added(func(l load) float64 { return float64(l.Requests) })
	shift := median(column(on, func(l load) float64 { return l.Shift }))
	t.Logf("added: %.0f bytes, %.0f request(s), %.0f ms to the largest paint; layout shift %.4f; median of %d", bytes, requests, added(paint), shift, len(on))
	switch {
	case requests != 1 || bytes > 4000 || bytes < 2000:
		t.Errorf("%.0f requests, %.0f bytes", requests, bytes)
	case shift > 0.001:
		t.Errorf("the layout shifts by %.4f", shift)
	}
	blocksLittle(t, on, off)
}

// G2: a slow phone on a slow line: how soon the launcher is there, and how soon after opening something can be written. The goals are
// 1500 ms and 1200 ms on a machine that does nothing else; what is judged is each against the largest paint of the page without the widget,
// which goes by the same line and the same processor.
func TestAcceptG2(t *testing.T) {
	only(t)
	s := startServer(t)
	h := newHost(t, s)
	var usable []float64
	on, off := h.beside(t, slow{cpu: 6, latency: 150, bytes: 1.6e6 / 8}, 9, func(b *tab) {
		usable = append(usable, eval[float64](b, `(() => { const start = performance.now(); host.shadowRoot.querySelector('.pd-launcher').click()
			return new Promise((done) => { const look = () => { const t = host.shadowRoot.querySelector('.pd-composer textarea')
				if (t && t.getClientRects().length && !t.disabled) requestAnimationFrame(() => done(performance.now() - start)); else requestAnimationFrame(look) }; look() }) })()`))
	})
	launcher := column(on, func(l load) float64 { return l.Launcher })
	if slices.Contains(launcher, 0) {
		t.Fatal(fmt.Sprint("the launcher was not seen: ", launcher))
	}
	paints := column(off, paint)
	first, open := median(ratios(launcher, paints)), median(ratios(usable, paints))
	t.Logf("launcher after %.0f ms, %.2f of the page's largest paint; composer usable %.0f ms after opening, %.2f of it; median of %d; goals 1500 and 1200",
		median(launcher), first, median(usable), open, len(on))
	if first > 1.75 {
		t.Errorf("the launcher comes after %.2f of the page's largest paint", first)
	}
	if open > 1.4 {
		t.Errorf("opening takes %.2f of the page's largest paint", open)
	}
	blocksLittle(t, on, off)
}

func paint(l load) float64 { return l.Paint }

// beside visits the plain page with and without the widget by turns and in turning order, so that both meet the same machine.
func (h *host) beside(t *testing.T, phone slow, times int, then func(*tab)) (on, off []load) {
	t.Helper()
	with, without := h.page("/with", "", "@SCRIPT@", plainPage), h.page("/without", "", "", plainPage)
	visit := func(at string, loads *[]load, then func(*tab)) {
		h.visit(t, at, phone, func(b *tab, l load) {
			*loads = append(*loads, l)
			if then != nil {
				then(b)
			}
		})
	}
	for i := range times {
		if i%2 == 0 {
			visit(without, &off, nil)
		}
		visit(with, &on, then)
		if i%2 == 1 {
			visit(without, &off, nil)
		}
	}
	return on, off
}

// blocksLittle holds what the widget blocks against what the page does by itself, of which 60 ms, the goal, is about a third;
// half is judged, since one visit in a busy minute weighs that much.
func blocksLittle(t *testing.T, on, off []load) {
	t.Helper()
	var with, without []float64
	for i := range off {
		if off[i].Blocking > 0 { // now and then a page is measured before its long task is reported
			with, without = append(with, on[i].Blocking), append(without, off[i].Blocking)
		}
	}
	if len(without) <= len(off)/2 {
		t.Fatal("the page without the widget does not block, so there is nothing to hold it against: give it more to do")
	}
	r := median(ratios(with, without))
	t.Logf("blocking %.0f ms -> %.0f ms, %.2f of the page's own", median(without), median(with), r)
	if r > 1.5 {
		t.Errorf("a page blocks %.2f times as long with the widget", r)
	}
}

// Between the click and the composer stands one round trip: styles come beside the program and not after it, and the session is asked
// for without asking first whether one may ask. Order and number are what they are on the slowest machine too.
func TestOpensInOneRoundTrip(t *testing.T) {
	s := startServer(t)
	h := newHost(t, s)
	b := openTab(t, s, "phone", look{width: 412, height: 823, touch: true}, "request to another host: "+h.url+"/")
	var asked []string
	b.listen(func(ev any) {
		if e, ok := ev.(*network.EventRequestWillBeSent); ok {
			b.mu.Lock()
			asked = append(asked, e.Request.Method+" "+strings.TrimPrefix(e.Request.URL, s.url))
			b.mu.Unlock()
		}
	})
	b.do(call(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{
		{Latency: 300, DownloadThroughput: -1, UploadThroughput: -1}}}))
	b.open(h.page("/", "", "@SCRIPT@", "<h1>交易</h1>"))
	b.find(".pd-launcher", "在线客服")
	eval[bool](b, `(host.shadowRoot.querySelector('.pd-launcher').click(), true)`)
	b.find(".pd-greeting", "")
	type times struct{ Styles, Program float64 }
	at := eval[times](b, `(() => {
		const of = (name) => performance.getEntriesByType('resource').filter((e) => new URL(e.name).pathname === name)
		return { Styles: of('/w/chat.css')[0].startTime, Program: of('/w/chat.js')[0].responseEnd }
	})()`)
	if at.Styles >= at.Program {
		t.Errorf("the styles are asked for after %.0f ms, when the program is there since %.0f ms", at.Styles, at.Program)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Contains(asked, "POST /api/w/v1/session") || slices.Contains(asked, "OPTIONS /api/w/v1/session") {
		t.Errorf("asked for: %q", asked)
	}
}
