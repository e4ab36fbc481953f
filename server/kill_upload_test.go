package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"
)

// upload sends a picture. status is 0 when there was no answer.
func (c *client) upload(cid string, data []byte) (status int, id int64) {
	req, err := http.NewRequest(http.MethodPost, c.url+"/api/w/v1/upload?cid="+cid, bytes.NewReader(data))
	if err != nil {
		c.s.t.Error(err)
		return 0, 0
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := direct.Do(req)
	if err != nil {
		return 0, 0
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, 0
	}
	var ack struct {
		ID int64 `json:"id"`
	}
	_ = json.Unmarshal(body, &ack)
	return res.StatusCode, ack.ID
}

// A picture that was acknowledged is there once, with its line, however often the server is killed; and no line is there without its
// picture.
func TestKilledServerLosesNoPicture(t *testing.T) {
	kills := 6
	if testing.Short() {
		kills = 2
	}
	s := startServer(t)
	photo := aPicture(t)
	type sent struct {
		c   *client
		cid string
		id  int64 // 0: never acknowledged
	}
	var mu sync.Mutex
	var all []sent
	acked := func() (n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, x := range all {
			if x.id > 0 {
				n++
			}
		}
		return n
	}
	stop := make(chan struct{})
	var running sync.WaitGroup
	visitors := make(chan *client)
	running.Go(func() { // a conversation takes six pictures a minute, so each has its own
		defer close(visitors)
		for {
			c := &client{s: s, url: s.url}
			var out struct {
				Token string `json:"token"`
			}
			status, _ := c.try(http.MethodPost, "/api/w/v1/session", map[string]string{"site": "demo"}, &out)
			if c.token = out.Token; status != http.StatusOK {
				time.Sleep(10 * time.Millisecond)
				continue
			}
			select {
			case visitors <- c:
			case <-stop:
				return
			}
		}
	})
	for range 4 {
		running.Go(func() {
			for c := range visitors {
				x := sent{c: c, cid: fmt.Sprint("p", rand.N(1<<30))}
				for range 5 { // the same cid until it is acknowledged, as a page does
					status, id := c.upload(x.cid, photo)
					if status == http.StatusOK {
						x.id = id
						break
					}
					if status != 0 && status != http.StatusServiceUnavailable && status != http.StatusTooManyRequests {
						t.Errorf("upload: %d", status)
					}
					time.Sleep(50 * time.Millisecond)
				}
				mu.Lock()
				all = append(all, x)
				mu.Unlock()
			}
		})
	}
	for range kills {
		before := acked()
		waitFor(t, "pictures before the next kill", func() bool { return acked() > before+6 }, s.logs.String)
		time.Sleep(rand.N(30 * time.Millisecond))
		s.kill()
		s.start()
	}
	close(stop)
	running.Wait()
	lines := 0
	for _, x := range all {
		var page struct {
			Events []struct {
				line
				Media *struct {
					ID string `json:"id"`
				} `json:"media"`
			} `json:"events"`
		}
		x.c.do(http.MethodGet, "/api/w/v1/history?limit=50", nil, http.StatusOK, &page)
		n := 0
		for _, l := range page.Events {
			if l.CID != x.cid {
				continue
			}
			n++
			lines++
			if x.id != 0 && l.ID != x.id || l.Media == nil {
				t.Errorf("%s was acknowledged as %d and stands at %d: %+v", x.cid, x.id, l.ID, l)
				continue
			}
			status, data := x.c.try(http.MethodGet, "/api/w/v1/media/"+l.Media.ID, nil, nil)
			if _, _, err := image.Decode(bytes.NewReader(data)); status != http.StatusOK || err != nil {
				t.Errorf("the picture of line %d: %d, %v", l.ID, status, err)
			}
		}
		if n > 1 || n == 0 && x.id > 0 {
			t.Errorf("%s, acknowledged as %d, is there %d times", x.cid, x.id, n)
		}
	}
	t.Logf("%d kills, %d pictures sent, %d acknowledged, %d lines", kills, len(all), acked(), lines)
}

// What pictures and ratings did to a conversation is decided again from the database, without the pictures.
func TestReplayOfPicturesAndRatings(t *testing.T) {
	s := startServer(t)
	v, a := s.visitor(""), s.login("admin", adminPassword)
	send := func(frame map[string]any) {
		t.Helper()
		v.do(http.MethodPost, "/api/w/v1/send", frame, http.StatusOK, nil)
	}
	send(map[string]any{"t": "msg", "cid": "c1", "text": "机器刷不了卡"})
	if status, _ := v.upload("c2", aPicture(t)); status != http.StatusOK {
		t.Fatal(status)
	}
	send(map[string]any{"t": "act", "cid": "c3", "name": "escalate"})
	epoch := int64(0)
	act := func(what string, more map[string]any) {
		t.Helper()
		var out struct {
			Epoch int64 `json:"epoch"`
		}
		a.do(http.MethodGet, "/api/a/v1/conversations/"+v.conv, nil, http.StatusOK, &out)
		epoch = out.Epoch
		in := map[string]any{"epoch": epoch}
		for k, x := range more {
			in[k] = x
		}
		a.do(http.MethodPost, "/api/a/v1/conversations/"+v.conv+"/"+what, in, http.StatusOK, nil)
	}
	act("claim", nil)
	act("messages", map[string]any{"cid": "a1", "text": "处理好了"})
	act("close", map[string]any{"reason": "solved"})
	send(map[string]any{"t": "act", "cid": "c4", "name": "csat", "score": 4, "solved": true, "text": "谢谢"})
	send(map[string]any{"t": "act", "cid": "c5", "name": "csat", "score": 5})
	lines := v.history()
	if last := lines[len(lines)-1]; last.Type != "rated" || last.CID != "c5" {
		t.Errorf("%+v", last)
	}
	s.stop()
	out, err := s.command("replay", v.conv).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("the same: ")) {
		t.Errorf("%s%v", out, err)
	}
}
