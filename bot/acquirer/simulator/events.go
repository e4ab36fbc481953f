package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/signing"
)

const (
	lookBack    = 24 * time.Hour // after a start, the last step of younger tickets is told again: nobody knows what arrived
	eventsAtOne = 8              // under way at once
	eventFor    = 5 * time.Second
	longestWait = time.Minute // between two tries
)

// Run sends events until ctx is done: each step of each ticket, at least once, in any order.
func (s *Simulator) Run(ctx context.Context) {
	if s.cfg.EventsURL == "" {
		return
	}
	client := &http.Client{Timeout: eventFor, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	told := map[string]int{} // by number: how many of its steps were taken up
	free := make(chan struct{}, eventsAtOne)
	var under sync.WaitGroup
	defer under.Wait()
	first := true
	for {
		events, next := s.steps(told, first)
		first = false
		for _, ev := range events {
			select {
			case free <- struct{}{}:
			case <-ctx.Done():
				return
			}
			under.Go(func() {
				defer func() { <-free }()
				s.tell(ctx, client, ev)
			})
		}
		wait := time.NewTimer(next)
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-s.wake:
		case <-wait.C:
		}
		wait.Stop()
	}
}

// steps are the steps that came since the last call, and how long it is until the next one.
func (s *Simulator) steps(told map[string]int, first bool) (out []contract.Event, next time.Duration) {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	_ = s.ledger.catchUp()
	now := s.now()
	next = 30 * time.Second // another process may have written
	for _, t := range s.ledger.tickets {
		life := t.life()
		done := 0
		for done < len(life) && life[done].at <= now.UnixMilli() {
			done++
		}
		if done < len(life) {
			next = min(next, max(time.UnixMilli(life[done].at).Sub(now), time.Millisecond))
		}
		from, seen := told[t.No]
		if !seen {
			from = 1 // that it was opened, the answer says
			if first {
				from = done - 1
				if now.Sub(time.UnixMilli(life[from].at)) > lookBack {
					from = done
				}
				from = max(from, 1)
			}
		}
		for _, x := range life[min(from, done):done] {
			as := t.as(x)
			out = append(out, contract.Event{ID: fmt.Sprintf("%s.%s.%d", t.No, x.to, x.at), Type: contract.EventTicket, Merchant: t.Merchant, At: x.at, Ticket: &as})
		}
		told[t.No] = max(done, from)
	}
	return out, next
}

// tell sends one event until it is taken or refused.
func (s *Simulator) tell(ctx context.Context, client *http.Client, ev contract.Event) {
	body, err := json.Marshal(ev)
	if err != nil {
		s.log.Error("the simulator cannot write an event", "err", err)
		return
	}
	for wait := time.Second; ; wait = min(2*wait, longestWait) {
		status, err := s.post(ctx, client, body)
		switch {
		case ctx.Err() != nil, err == nil && status < 300:
			return
		case err == nil && status >= 400 && status < 500 && status != http.StatusTooManyRequests:
			s.log.Warn("an event of the simulator was refused", "event", ev.ID, "status", status)
			return
		}
		pause := time.NewTimer(wait + rand.N(wait/2))
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

func (s *Simulator) post(ctx context.Context, client *http.Client, body []byte) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.EventsURL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	if err := signing.Request(s.cfg.Key, r, body, s.now()); err != nil {
		return 0, err
	}
	res, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	return res.StatusCode, err
}
