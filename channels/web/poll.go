package web

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"posdoctor/bot"
)

const (
	pollFor   = 25 * time.Second
	pageLimit = 200 // lines in one answer
	maxPolls  = 8   // of one conversation at once
)

// polls counts those under way, by conversation.
type polls struct {
	mu sync.Mutex
	n  map[string]int
}

// begin reports false when there are as many as may be; after true comes end.
func (p *polls) begin(conversation string, most int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n[conversation] >= most {
		return false
	}
	if p.n == nil {
		p.n = map[string]int{}
	}
	p.n[conversation]++
	return true
}

func (p *polls) end(conversation string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n[conversation]--; p.n[conversation] == 0 {
		delete(p.n, conversation)
	}
}

// poll answers with the lines behind last, at once or when there are some.
func (c *Channel) poll(w http.ResponseWriter, r *http.Request) error {
	v, err := c.reader(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	last, err := number(q.Get("last"))
	if err != nil {
		return refuse(http.StatusBadRequest, "bad_frame", textBadFrame)
	}
	wait, err := number(q.Get("wait"))
	if err != nil {
		return refuse(http.StatusBadRequest, "bad_frame", textBadFrame)
	}
	if !c.polls.begin(v.Conversation, maxPolls) {
		return tooFast(time.Second)
	}
	defer c.polls.end(v.Conversation)
	gap := q.Get("epoch") != "" && q.Get("epoch") != c.cfg.Epoch
	if gap {
		last = 0
	}
	wake, cancel := c.bus.Subscribe(v.Conversation)
	defer cancel()
	timer := time.NewTimer(min(time.Duration(wait)*time.Second, pollFor, max(0, v.Until.Sub(c.tokens.now()))))
	defer timer.Stop()
	for {
		lines, err := c.read.Messages(r.Context(), v.Conversation, last, pageLimit)
		if err != nil {
			return err
		}
		if len(lines) == 0 && last > 0 && !gap {
			if _, newest, err := c.state(r.Context(), v); err != nil {
				return err
			} else if last > newest { // a number that was never given: the reader comes from another database
				gap, last = true, 0
				continue
			}
		}
		done := len(lines) > 0 || wait == 0 || gap
		if !done {
			select {
			case <-wake:
				continue
			case <-timer.C:
				done = true
			case <-r.Context().Done():
				return nil
			case <-c.socks.stopping():
				done = true
			}
		}
		if !c.current(v) { // revoked while it waited
			return refuse(http.StatusUnauthorized, "auth", textAuth)
		}
		st, _, err := c.state(r.Context(), v)
		if err != nil {
			return err
		}
		if n := len(lines); n > 0 {
			last = lines[n-1].Seq
		}
		out := map[string]any{"epoch": c.cfg.Epoch, "events": orEmpty(lines), "last": last, "state": st}
		if gap {
			out["gap"] = true
		}
		answer(w, http.StatusOK, out)
		return nil
	}
}

// history pages backwards.
func (c *Channel) history(w http.ResponseWriter, r *http.Request) error {
	v, err := c.reader(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	before, err1 := number(q.Get("before"))
	limit, err2 := number(q.Get("limit"))
	if err1 != nil || err2 != nil {
		return refuse(http.StatusBadRequest, "bad_frame", textBadFrame)
	}
	if before == 0 {
		before = 1 << 62
	}
	if limit == 0 || limit > pageLimit {
		limit = 50
	}
	lines, err := c.read.MessagesBefore(r.Context(), v.Conversation, before, int(limit))
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, map[string]any{"events": orEmpty(lines), "more": len(lines) > 0 && lines[0].Seq > 1, "epoch": c.cfg.Epoch})
	return nil
}

func number(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil && n < 0 {
		err = strconv.ErrRange
	}
	return n, err
}

func orEmpty(lines []bot.Message) []bot.Message {
	if lines == nil {
		return []bot.Message{}
	}
	return lines
}
