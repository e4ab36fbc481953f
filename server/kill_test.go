package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Every line that was acknowledged is there exactly once and has its answer, however often the server is killed.
func TestKilledServerLosesNothing(t *testing.T) {
	kills := 10
	if testing.Short() {
		kills = 3
	}
	s := startServer(t)
	const visitors = 4
	said := []string{"刷卡没反应", "提示 58", "今天的钱没到账", "刷卡提示51，顾客说卡里有钱", "重新开始"}
	var acked atomic.Int64
	stop := make(chan struct{})
	var running sync.WaitGroup
	clients := make([]*client, visitors)
	sent := make([][]string, visitors) // cids, in order; the last may be unacknowledged
	ids := make([]map[string]int64, visitors)
	for v := range visitors {
		c := s.visitor("")
		clients[v], ids[v] = c, map[string]int64{}
		running.Go(func() {
			for n := 0; ; n++ {
				cid := fmt.Sprintf("%d-%d", v, n)
				sent[v] = append(sent[v], cid)
				for { // the same cid until it is acknowledged, as a page does
					var ack struct {
						ID int64 `json:"id"`
					}
					status, body := c.try(http.MethodPost, "/api/w/v1/send", map[string]string{"t": "msg", "cid": cid, "text": said[n%len(said)]}, &ack)
					if status == http.StatusOK {
						ids[v][cid] = ack.ID
						acked.Add(1)
						break
					}
					select {
					case <-stop:
						return
					case <-time.After(backOff(status, body)):
					}
					if status != 0 && status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
						t.Errorf("sending: %d %s", status, body)
						return
					}
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for range kills {
		before := acked.Load()
		waitFor(t, "lines before the next kill", func() bool { return acked.Load() > before+8 }, s.logs.String)
		time.Sleep(rand.N(30 * time.Millisecond)) // anywhere in a turn
		s.kill()
		s.start()
	}
	before := acked.Load()
	waitFor(t, "lines after the last kill", func() bool { return acked.Load() > before+4 }, s.logs.String)
	close(stop)
	running.Wait()

	lines := 0
	for v, c := range clients {
		got := c.history()
		lines += len(got)
		at := map[string]int64{}
		answered := true
		for i, l := range got {
			if l.ID != int64(i+1) {
				t.Fatalf("visitor %d: line %d has the number %d", v, i+1, l.ID)
			}
			if l.From != "user" {
				answered = true
				continue
			}
			if !answered {
				t.Errorf("visitor %d: no answer before line %d", v, l.ID)
			}
			answered = false
			if at[l.CID] != 0 {
				t.Errorf("visitor %d: %s is there twice, as %d and %d", v, l.CID, at[l.CID], l.ID)
			}
			at[l.CID] = l.ID
		}
		if !answered {
			t.Errorf("visitor %d: the last line has no answer", v)
		}
		last := int64(0)
		for n, cid := range sent[v] {
			id, ok := ids[v][cid]
			switch {
			case !ok && n == len(sent[v])-1: // was never acknowledged: may be there or not
			case !ok:
				t.Errorf("visitor %d went on without an acknowledgement of %s", v, cid)
			case at[cid] != id:
				t.Errorf("visitor %d: %s was acknowledged as %d and stands at %d", v, cid, id, at[cid])
			case id <= last:
				t.Errorf("visitor %d: %s stands at %d, not after %d", v, cid, id, last)
			default:
				last = id
			}
		}
	}
	t.Logf("%d kills, %d lines acknowledged, %d lines in the store", kills, acked.Load(), lines)
}

// backOff is how long a refused or unanswered request waits.
func backOff(status int, body []byte) time.Duration {
	var f struct {
		Retry int `json:"retry_ms"`
	}
	if status == http.StatusTooManyRequests && json.Unmarshal(body, &f) == nil {
		return time.Duration(f.Retry) * time.Millisecond
	}
	return 10 * time.Millisecond
}
