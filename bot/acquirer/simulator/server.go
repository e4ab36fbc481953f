package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/signing"
)

const (
	maxAsked   = 64 << 10        // bytes of a request
	slowRecord = 8 * time.Second // how long the record of demo-7 takes
	slowKept   = time.Minute     // and for how long it is at hand then
	askAgain   = time.Second
	hangs      = 30 * time.Second // how long a request without an answer is held at most
)

// routes are all that the simulator serves.
func (s *Simulator) routes() {
	s.mux = http.NewServeMux()
	for _, r := range contract.Routes {
		s.mux.HandleFunc(r.Method+" "+r.Path, s.serve(r))
	}
	s.mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Write(contract.Document())
	})
	s.mux.HandleFunc("GET /{$}", s.page)
	s.mux.Handle("POST /control/fault", local(s.controlFault))
	s.mux.Handle("POST /control/change", local(s.controlChange))
	s.mux.Handle("POST /control/ticket", local(s.controlTicket))
}

// serve answers one operation: verified, perhaps with a fault, signed.
func (s *Simulator) serve(route contract.Route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAsked))
		if err != nil {
			s.write(w, r, http.StatusRequestEntityTooLarge, contract.Fail(contract.CodeInvalid, "the request is too large"), Fault{})
			return
		}
		if err := signing.VerifyRequest(s.cfg.Key, r, body, s.now(), &s.nonces); err != nil {
			s.write(w, r, 0, contract.Fail(contract.CodeBadSignature, err.Error()), Fault{})
			return
		}
		s.mu.Lock()
		s.asked[string(route.Op)]++
		s.mu.Unlock()
		f := s.faults.pick(route.Op)
		switch f.Kind {
		case FaultSlow:
			pause(r, f.Delay, 8*time.Second)
		case Fault500:
			http.Error(w, "internal error", http.StatusInternalServerError)
			return
		case Fault429:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "too many requests", http.StatusTooManyRequests)
			return
		case FaultReset:
			cut(w)
		}
		status, answer := s.answer(route, r, body)
		switch f.Kind {
		case FaultCommitTimeout:
			pause(r, hangs, hangs)
			cut(w)
		case FaultCommitReset:
			cut(w)
		}
		s.write(w, r, status, answer, f)
	}
}

// pause waits, unless the other side has gone.
func pause(r *http.Request, d, otherwise time.Duration) {
	if d == 0 {
		d = otherwise
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if c, _, err := h.Hijack(); err == nil {
			if tcp, ok := c.(*net.TCPConn); ok {
				tcp.SetLinger(0) // a reset and not an end
			}
			c.Close()
		}
	}
	panic(http.ErrAbortHandler)
}

// answer decides a verified request. It returns an answer, a pending or an error, with its status.
func (s *Simulator) answer(route contract.Route, r *http.Request, body []byte) (int, any) {
	failed := func(err error) (int, any) {
		var e *contract.Error
		if !errors.As(err, &e) {
			e = contract.Fail(contract.CodeInvalid, err.Error())
		}
		e.TraceID = s.trace(r.PathValue("merchant"))
		return e.Status(), e
	}
	for _, p := range route.Query {
		switch v := r.URL.Query().Get(p.Name); {
		case v != "":
			if err := p.Check(v); err != nil {
				return failed(err)
			}
		case p.Required:
			return failed(fmt.Errorf("%s is missing", p.Name))
		}
	}
	a := contract.Answer[any]{Provider: Provider, Operation: route.Op, Merchant: r.PathValue("merchant"), ObservedAt: s.now().UnixMilli()}
	var err error
	switch route.Op {
	case contract.OpCapabilities:
		a.Data = s.capabilities()
	case contract.OpNotices:
		a.Data = contract.Notices{Items: []contract.Notice{}}
	case contract.OpOpenTicket:
		var c contract.Case
		if err = contract.Decode(body, &c); err == nil {
			a.Merchant = c.Merchant
			a.Data, err = s.open(c)
		}
	case contract.OpStartBinding:
		var x contract.BindingStart
		if err = contract.Decode(body, &x); err == nil {
			a.Data, err = s.bindings.start(x, s.now())
		}
	case contract.OpConfirmBinding:
		var x contract.BindingCode
		if err = contract.Decode(body, &x); err == nil {
			a.Data = s.bindings.confirm(x, s.now())
		}
	case contract.OpTicket:
		a.Data, err = s.ticket(a.Merchant, r)
	default:
		if wait := s.wait(route.Op, a.Merchant); wait > 0 {
			return http.StatusAccepted, contract.Pending{RetryAfter: wait.Milliseconds()}
		}
		k, ok := s.current(a.Merchant)
		if !ok {
			return failed(contract.Fail(contract.CodeNotFound, "there is no such merchant"))
		}
		a.RawStatus = k.merchant.Raw
		a.Data, err = k.part(route.Op, r)
	}
	if err != nil {
		return failed(err)
	}
	a.TraceID = s.trace(a.Merchant)
	return http.StatusOK, a
}

func (s *Simulator) trace(merchant string) string {
	return fmt.Sprintf("LQ-%s-%x", merchant[strings.LastIndexByte(merchant, '-')+1:], s.now().UnixMilli())
}

func (s *Simulator) capabilities() contract.Capabilities {
	c := contract.Capabilities{Webhooks: s.cfg.EventsURL != "", TicketsFor: 90 * 24 * 3600}
	for _, r := range contract.Routes {
		c.Operations = append(c.Operations, r.Op)
	}
	return c
}

func (s *Simulator) open(c contract.Case) (contract.Ticket, error) {
	if _, ok := s.current(c.Merchant); !ok {
		return contract.Ticket{}, contract.Fail(contract.CodeNotFound, "there is no such merchant")
	}
	t, err := s.ledger.open(c)
	if err == nil {
		s.poke()
	}
	return t, err
}

func (s *Simulator) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Simulator) ticket(merchant string, r *http.Request) (contract.Ticket, error) {
	q := r.URL.Query()
	if (q.Get("request") == "") == (q.Get("no") == "") {
		return contract.Ticket{}, contract.Fail(contract.CodeInvalid, "name the request or the number of the ticket")
	}
	return s.ledger.find(merchant, q.Get("request"), q.Get("no"))
}

// wait is how long the record of demo-7 still takes.
func (s *Simulator) wait(op contract.Operation, merchant string) time.Duration {
	if merchant != "demo-7" || op != contract.OpMerchant {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	since, ok := s.slow[merchant]
	if !ok || now.Sub(since).Abs() > slowRecord+slowKept {
		since = now
		s.slow[merchant] = now
	}
	return min(max(slowRecord-now.Sub(since), 0), askAgain)
}

// part is what is known of a merchant, for one operation.
func (k knowledge) part(op contract.Operation, r *http.Request) (any, error) {
	q := r.URL.Query()
	switch op {
	case contract.OpMerchant:
		return k.merchant, nil
	case contract.OpRestrictions:
		return k.restrictions, nil
	case contract.OpTerminals:
		return k.terminals, nil
	case contract.OpTerminal:
		for _, t := range k.terminals.Items {
			if name := r.PathValue("terminal"); name == t.TID || name == strings.TrimLeft(t.SNMasked, "*") {
				return t, nil
			}
		}
	case contract.OpSettlementAccount:
		return k.account, nil
	case contract.OpSettlements:
		out := contract.Settlements{Items: []contract.Settlement{}}
		for _, x := range k.settlements.Items {
			if x.Date >= q.Get("from") && x.Date <= q.Get("to") {
				out.Items = append(out.Items, x)
			}
		}
		return out, nil
	case contract.OpTransaction:
		return k.transaction(q.Get("ref"), q.Get("tid"), q.Get("amount"), q.Get("at"))
	case contract.OpLimits:
		return k.limits, nil
	case contract.OpRiskCases:
		return k.risks, nil
	case contract.OpComplaints:
		return k.complaints, nil
	case contract.OpOnboarding:
		return k.onboarding, nil
	}
	return nil, contract.Fail(contract.CodeNotFound, "there is no such thing")
}

// transaction finds a payment by its reference, or by terminal, amount and a time within ten minutes.
func (k knowledge) transaction(ref, tid, amount, at string) (contract.Transaction, error) {
	if ref == "" && (tid == "" || amount == "" || at == "") {
		return contract.Transaction{}, contract.Fail(contract.CodeInvalid, "name the reference, or terminal, amount and time")
	}
	for _, x := range k.transactions {
		var ms int64
		fmt.Sscan(at, &ms)
		near := time.Duration(x.Time-ms).Abs()*time.Millisecond <= 10*time.Minute
		if ref == x.Ref || ref == "" && tid == k.terminals.Items[0].TID && amount == fmt.Sprint(x.Amount) && near {
			return x, nil
		}
	}
	return contract.Transaction{}, contract.Fail(contract.CodeNotFound, "there is no such payment")
}

// write signs and sends an answer, or what a fault makes of it.
func (s *Simulator) write(w http.ResponseWriter, r *http.Request, status int, answer any, f Fault) {
	if e, ok := answer.(*contract.Error); ok && status == 0 {
		status = e.Status()
	}
	if a, ok := answer.(contract.Answer[any]); ok && f.Kind == FaultWrongMerchant {
		a.Merchant = "demo-0"
		if t, ok := a.Data.(contract.Ticket); ok {
			t.Request = "R0"
			a.Data = t
		}
		if b, ok := a.Data.(contract.BindingResult); ok {
			b.Request = "R0"
			a.Data = b
		}
		answer = a
	}
	body, err := json.Marshal(answer)
	if err != nil {
		s.log.Error("the simulator cannot write an answer", "err", err)
		status = http.StatusInternalServerError
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	switch f.Kind {
	case FaultGarbage:
		body = []byte("{\"provider\":\x00\xff")
	case FaultHTML:
		h.Set("Content-Type", "text/html")
		body = []byte("<html><script>alert(1)</script>502</html>")
	case FaultHuge:
		body = append(body[:len(body)-1], `,"x":"`+strings.Repeat("9", 8<<20)+`"}`...)
	}
	if f.Kind != FaultUnsigned && f.Kind != FaultHTML {
		if err := signing.Answer(s.cfg.Key, h, status, r.Header, body, s.now()); err != nil {
			s.log.Error("the simulator cannot sign an answer", "err", err)
		}
	}
	if f.Kind == FaultBadSignature {
		h.Set(signing.HeaderSignature, strings.Repeat("A", 43)+"=")
	}
	w.WriteHeader(status)
	w.Write(body)
}
