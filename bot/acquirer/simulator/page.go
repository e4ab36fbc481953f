package simulator

import (
	_ "embed"
	"errors"
	"html/template"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"posdoctor/bot/acquirer/contract"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"clock": func(ms int64) string { return time.UnixMilli(ms).In(beijing).Format("01-02 15:04:05") },
}).Parse(pageText))

// shown is how many tickets the page lists.
const shown = 200

func (s *Simulator) page(w http.ResponseWriter, _ *http.Request) {
	tickets, sent := s.Tickets(), s.Sent()
	s.mu.Lock()
	asked := maps.Clone(s.asked)
	s.mu.Unlock()
	type row struct {
		Merchant
		Status contract.MerchantStatus
		Raw    string
	}
	var merchants []row
	for _, m := range demo {
		k, _ := s.current(m.Ref)
		merchants = append(merchants, row{m, k.merchant.Status, k.merchant.Raw})
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	err := pageTemplate.Execute(w, map[string]any{"Provider": Provider, "Count": len(tickets), "Tickets": tickets[:min(shown, len(tickets))], "Merchants": merchants,
		"Faults": s.faults.all(), "Kinds": FaultKinds, "Asked": asked, "Events": s.cfg.EventsURL, "Samples": samples, "Sent": sent[:min(codesShown, len(sent))],
		"Moves": []contract.TicketStatus{contract.TicketInProgress, contract.TicketDone, contract.TicketRejected}})
	if err != nil {
		s.log.Debug("the simulator's page", "err", err)
	}
}

// local lets in who is on this machine and no page of elsewhere: a control is a way to lie to merchants.
func local(next func(w http.ResponseWriter, r *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin, err := url.Parse(r.Header.Get("Origin"))
		if !loopback(r.RemoteAddr) || !loopback(r.Host) || err != nil || origin.Host != "" && origin.Host != r.Host || r.Header.Get("Origin") == "null" {
			http.Error(w, "the controls answer on this machine alone", http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxAsked)
		if err := next(w, r); err != nil {
			status := http.StatusBadRequest
			var e *contract.Error
			if errors.As(err, &e) {
				status = e.Status()
			}
			http.Error(w, err.Error(), status)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// controlFault switches one fault on, in place of those before: kind, and if wanted p, op, times, delay. Kind none ends them.
func (s *Simulator) controlFault(_ http.ResponseWriter, r *http.Request) error {
	f := Fault{Kind: r.FormValue("kind"), Op: contract.Operation(r.FormValue("op"))}
	if f.Kind == "none" {
		s.SetFaults()
		return nil
	}
	var err error
	if v := r.FormValue("p"); v != "" {
		if f.P, err = strconv.ParseFloat(v, 64); err != nil {
			return errors.New("p is a probability from 0 to 1")
		}
	}
	if v := r.FormValue("times"); v != "" {
		if f.Times, err = strconv.Atoi(v); err != nil {
			return errors.New("times is a number")
		}
	}
	if v := r.FormValue("delay"); v != "" {
		if f.Delay, err = time.ParseDuration(v); err != nil {
			return errors.New("delay is a time like 5s")
		}
	}
	if _, ok := contract.RouteOf(f.Op); !ok && f.Op != "" {
		return errors.New("op is an operation like getMerchant")
	}
	if err := f.check(); err != nil {
		return err
	}
	s.SetFaults(f)
	return nil
}

// controlChange orders a change of a merchant: merchant, change, after.
func (s *Simulator) controlChange(_ http.ResponseWriter, r *http.Request) error {
	var after time.Duration
	if v := r.FormValue("after"); v != "" {
		var err error
		if after, err = time.ParseDuration(v); err != nil {
			return errors.New("after is a time like 2m")
		}
	}
	return s.Change(r.FormValue("merchant"), r.FormValue("change"), after)
}

// controlTicket moves a ticket: no, status, note.
func (s *Simulator) controlTicket(_ http.ResponseWriter, r *http.Request) error {
	to := contract.TicketStatus(r.FormValue("status"))
	if !slices.Contains(to.Words(), string(to)) || to == contract.TicketUnknown {
		return errors.New("status is OPEN, IN_PROGRESS, DONE or REJECTED")
	}
	note := r.FormValue("note")
	if err := contract.Check(&contract.Ticket{Request: "R", No: "N", Note: note, OpenedAt: contract.MinMS, ChangedAt: contract.MinMS}); err != nil {
		return err
	}
	return s.Move(r.FormValue("no"), to, note)
}

// Move moves a ticket by hand, and tells posdoctor.
func (s *Simulator) Move(no string, to contract.TicketStatus, note string) error {
	err := s.ledger.move(no, to, note)
	if err == nil {
		s.poke()
	}
	return err
}
