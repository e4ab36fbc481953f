package wechattest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// pageState is what the page shows beside the lines.
type pageState struct {
	At        time.Time `json:"at"` // rounded down to the minute, so that it does not change at every look
	Name      string    `json:"name"`
	KFName    string    `json:"kf_name"`
	Account   string    `json:"account"` // verified, unverified, subscription
	Following bool      `json:"following"`
	Typing    bool      `json:"typing"`
	Quota     Allowance `json:"quota"`
	Menu      *Menu     `json:"menu"`
	Faults    []string  `json:"faults"`
	KF        *kfLook   `json:"kf"` // nil: there is none
}

type kfLook struct {
	State    int       `json:"state"`
	Servicer string    `json:"servicer"`
	Quota    Allowance `json:"quota"`
}

func (p *Page) state() pageState {
	s := pageState{At: p.API.Clock().Truncate(time.Minute), Name: "机具助手", KFName: "机具客服", Account: "verified", Following: p.Phone.Following(),
		Typing: p.API.Typing(p.Phone.OpenID), Quota: p.API.Quota(p.Phone.OpenID), Menu: p.API.TheMenu(), Faults: []string{}}
	switch acc := p.API.TheAccount(); {
	case acc.Unverified:
		s.Account = "unverified"
	case acc.Kind == Subscription:
		s.Account = "subscription"
	}
	seen := map[string]bool{}
	for _, f := range p.API.Faults() {
		if f.Name != "" && !seen[f.Name] {
			seen[f.Name] = true
			s.Faults = append(s.Faults, f.Name)
		}
	}
	if k := p.KF; k != nil {
		s.KF = &kfLook{Servicer: p.API.KFServicer(k.OpenKfID, k.User)}
		s.KF.Quota, s.KF.State = p.API.KFAllowance(k.OpenKfID, k.User)
	}
	return s
}

// stream writes server-sent events.
type stream struct {
	w    http.ResponseWriter
	rc   *http.ResponseController
	last []byte // the state that was sent
}

func (s *stream) send(event string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if event == "state" {
		if bytes.Equal(data, s.last) {
			return nil
		}
		s.last = data
	}
	return s.write(fmt.Sprintf("event: %s\ndata: %s\n\n", event, data))
}

func (s *stream) write(text string) error {
	_ = s.rc.SetWriteDeadline(time.Now().Add(30 * time.Second))
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.rc.Flush()
}

// live sends what there is and then what happens:
//
//	event: entry  {"tab":"oa","entry":Entry}
//	event: push   {"tab":"oa","push":Push}   again when there is news of it, with the same number
//	event: call   Call
//	event: state  pageState
//	event: ready  {} after the lines that were there before
//
// A page that comes back starts over.
func (p *Page) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	s := &stream{w: w, rc: http.NewResponseController(w)}
	calls, stop := p.API.Subscribe()
	defer stop()
	phones := []*screen{&p.Phone.screen}
	if p.KF != nil {
		phones = append(phones, &p.KF.screen)
	}
	merged := make(chan func() error) // one writer, whoever has news
	done := make(chan struct{})
	defer close(done)
	pass := func(f func() error) bool {
		select {
		case merged <- f:
			return true
		case <-done:
			return false
		}
	}
	type news struct {
		at    time.Time
		event string
		data  any
	}
	var before []news // what went over the wire so far
	fell := func() error { return errFellBehind }
	for i, ph := range phones {
		tab := []string{tabAccount, tabKF}[i]
		lines, stopLines := ph.Subscribe()
		defer stopLines()
		pushes, stopPushes := ph.SubscribePushes()
		defer stopPushes()
		shown := 0
		for _, e := range ph.Screen() {
			shown = e.N
			if s.send("entry", map[string]any{"tab": tab, "entry": e}) != nil {
				return
			}
		}
		for _, x := range ph.Pushes() {
			before = append(before, news{x.At, "push", map[string]any{"tab": tab, "push": x}})
		}
		go func() {
			for e := range lines {
				if e.N > shown && !pass(func() error { return s.send("entry", map[string]any{"tab": tab, "entry": e}) }) {
					return
				}
			}
			pass(fell)
		}()
		go func() {
			for x := range pushes {
				if !pass(func() error { return s.send("push", map[string]any{"tab": tab, "push": x}) }) {
					return
				}
			}
			pass(fell)
		}()
	}
	last := 0
	for _, c := range p.API.Calls() {
		last = c.N
		before = append(before, news{c.At, "call", c})
	}
	slices.SortStableFunc(before, func(a, b news) int { return a.at.Compare(b.at) })
	for _, n := range before {
		if s.send(n.event, n.data) != nil {
			return
		}
	}
	if s.send("state", p.state()) != nil || s.send("ready", struct{}{}) != nil {
		return
	}
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for quiet := 0; ; {
		var err error
		select {
		case f := <-merged:
			err = f()
		case c, ok := <-calls:
			if !ok {
				return
			}
			if c.N > last {
				err = s.send("call", c)
			}
		case <-tick.C:
			if quiet++; quiet%30 == 0 {
				err = s.write(": still here\n\n")
			}
		case <-r.Context().Done():
			return
		}
		if err == nil {
			err = s.send("state", p.state())
		}
		if err != nil {
			return
		}
	}
}

var errFellBehind = fmt.Errorf("the page fell behind")
