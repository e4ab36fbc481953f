package web_test

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"posdoctor/bot"
)

// aPhoto is a picture as a phone takes one: with the place where it was taken.
func aPhoto(t testing.TB) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 80, 60))
	for y := range 60 {
		for x := range 80 {
			img.Set(x, y, color.RGBA{uint8(3 * x), uint8(4 * y), 90, 255})
		}
	}
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, img, nil))
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00GPS 31.2304N 121.4737E"
	part := append([]byte("\xff\xd8\xff\xe1"), binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	return append(append(part, exif...), b.Bytes()[2:]...)
}

// huge is a PNG of a few bytes that says it has so many pixels.
func huge(w, h uint32) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	head = append(head, 8, 6, 0, 0, 0)
	return binary.BigEndian.AppendUint32(append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...), crc32.ChecksumIEEE(head))
}

func (v *visitor) upload(cid string, data []byte) reply {
	v.t.Helper()
	return v.do(request{method: "POST", path: "/upload?cid=" + url.QueryEscape(cid), token: v.token, kind: "image/jpeg", body: string(data)})
}

// renew gets a new token for the same conversation.
func (v *visitor) renew() {
	v.t.Helper()
	r := v.do(request{method: "POST", path: "/session", body: map[string]string{"site": "demo", "resume": v.token}})
	if r.status != 200 || r.Conv != v.conv {
		v.t.Fatalf("session: %d %s", r.status, r.raw)
	}
	v.token = r.Token
}

// fetched is a file as a visitor gets it.
func (v *visitor) fetched(id, token string, header ...string) *httptest.ResponseRecorder {
	q := httptest.NewRequest("GET", "http://127.0.0.1:8080/api/w/v1/media/"+id, nil).WithContext(v.t.Context())
	q.RemoteAddr = "127.0.0.1:50000"
	if token != "" {
		q.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	v.channel.ServeHTTP(rec, q)
	return rec
}

// A picture is a line of its sender with a file that he, and nobody else, gets back, without what his camera wrote beside it.
func TestUpload(t *testing.T) {
	w := newWorld(t)
	v, other := w.visitor(), w.visitor()
	v.says("机器刷不了卡")
	before := len(v.lines())
	r := v.upload("p1", aPhoto(t))
	if r.status != 200 || r.T != "ack" || r.CID != "p1" || r.ID != int64(before)+1 {
		t.Fatalf("%d %s", r.status, r.raw)
	}
	lines := v.lines()
	line := lines[before]
	if line.Type != bot.TypeMessage || line.From != bot.FromUser || line.CID != "p1" || line.Text != "[图片]" || line.Media == nil || line.Media.Kind != bot.MediaImage {
		t.Errorf("the line is %+v", line)
	}
	if said := lines[len(lines)-1]; len(lines) == before+1 || said.From != bot.FromBot || !strings.Contains(lines[before+1].Text, "代码") {
		t.Errorf("after a picture the bot does not ask for the code: %+v", lines[before+1:])
	}
	got := v.fetched(line.Media.ID, v.token, "Origin", "http://127.0.0.1:8080")
	h := got.Header()
	img, kind, err := image.Decode(bytes.NewReader(got.Body.Bytes()))
	if got.Code != 200 || err != nil || kind != "jpeg" || img.Bounds().Dx() != 80 || bytes.Contains(got.Body.Bytes(), []byte("GPS")) {
		t.Errorf("%d, %v, %s", got.Code, err, kind)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Type": "image/jpeg", "Content-Disposition": "inline",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "Access-Control-Allow-Origin": "http://127.0.0.1:8080"} {
		if h.Get(name) != want {
			t.Errorf("%s: %q", name, h.Get(name))
		}
	}
	// The same once more is the same line, whatever comes with it.
	for _, data := range [][]byte{aPhoto(t), huge(8, 8), aPhoto(t)} {
		if again := v.upload("p1", data); again.status != 200 || again.ID != r.ID {
			t.Errorf("again: %d %s", again.status, again.raw)
		}
	}
	if n := len(v.lines()); n != len(lines) {
		t.Errorf("%d lines, then %d", len(lines), n)
	}
	// Nobody else gets it.
	guessed := line.Media.ID[:len(line.Media.ID)-7] + "0-media"
	if guessed == line.Media.ID {
		guessed = line.Media.ID[:len(line.Media.ID)-7] + "1-media"
	}
	for name, rec := range map[string]*httptest.ResponseRecorder{
		"another visitor":    v.fetched(line.Media.ID, other.token),
		"nobody":             v.fetched(line.Media.ID, ""),
		"a guessed id":       v.fetched(guessed, v.token),
		"a pattern":          v.fetched("%25", v.token),
		"a path":             v.fetched("..%2F..%2F"+line.Media.ID, other.token),
		"another page":       v.fetched(line.Media.ID, v.token, "Origin", foreign),
		"the token in a URL": v.fetched(line.Media.ID+"?token="+v.token, ""),
	} {
		if rec.Code != 401 && rec.Code != 403 && rec.Code != 404 || bytes.Contains(rec.Body.Bytes(), []byte("JFIF")) {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
	// While an agent speaks the bot says nothing.
	v.says("转人工")
	v.desk(bot.EventClaim, "")
	before = len(v.lines())
	v.turn(time.Hour)
	if r := v.upload("p2", aPhoto(t)); r.status != 200 || len(v.lines()) != before+1 {
		t.Errorf("%d, %d lines more", r.status, len(v.lines())-before)
	}
}

// What is sent to the upload that is no picture, too much, or nobody's: nothing of it is kept, and the sentence says what to do.
func TestUploadAbuse(t *testing.T) {
	w := newWorld(t)
	photo := string(aPhoto(t))
	random := make([]byte, 64<<10)
	rand.Read(random)
	form := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../etc/cron.d/x\x00.png\r\nX: y\"\r\nContent-Type: image/png\r\n\r\n" + photo + "\r\n--x--\r\n"
	parts := strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\na\r\n", 10_000) + "--x--\r\n"
	for _, tc := range []struct {
		name   string
		cid    string
		body   string
		header map[string]string
		status int
		code   string
		says   string
	}{
		{name: "HTML", body: "<html><script>alert(1)</script>", status: 415, code: "bad_type", says: "JPG、PNG、GIF 或 WebP"},
		{name: "HTML with a picture behind it", body: "<html>" + photo, status: 415, code: "bad_type"},
		{name: "SVG", body: `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, header: map[string]string{"Content-Type": "image/svg+xml"}, status: 415, code: "bad_type"},
		{name: "SVG behind a mark", body: "\ufeff<?xml version=\"1.0\"?><svg/>", status: 415, code: "bad_type"},
		{name: "PDF with a script", body: "%PDF-1.7\n1 0 obj<</S/JavaScript/JS(app.alert(1))>>", status: 415, code: "bad_type"},
		{name: "PDF that is a JPEG too", body: "%PDF-1.7\n" + photo, status: 415, code: "bad_type"},
		{name: "a voice", body: "#!AMR\n" + strings.Repeat("x", 100), status: 415, code: "bad_type"},
		{name: "an archive", body: "PK\x03\x04" + photo, status: 415, code: "bad_type"},
		{name: "a program", body: "\x7fELF\x02\x01\x01", status: 415, code: "bad_type"},
		{name: "noise", body: string(random), status: 415, code: "bad_type"},
		{name: "a form with names from hell", body: form, header: map[string]string{"Content-Type": "multipart/form-data; boundary=x"}, status: 415, code: "bad_type"},
		{name: "a form of ten thousand parts", body: parts, header: map[string]string{"Content-Type": "multipart/form-data; boundary=x"}, status: 415, code: "bad_type"},
		{name: "JSON", body: `{"url":"http://169.254.169.254/"}`, status: 415, code: "bad_type"},
		{name: "gzip said to be a picture", body: "\x1f\x8b\x08\x00", header: map[string]string{"Content-Encoding": "gzip"}, status: 415, code: "bad_type"},
		{name: "a broken JPEG", body: photo[:200], status: 422, code: "unreadable", says: "打不开"},
		{name: "the head of a JPEG before a page", body: "\xff\xd8\xff\xe0<script>alert(1)</script>", status: 422, code: "unreadable"},
		{name: "50000 by 50000", body: string(huge(50_000, 50_000)), status: 413, code: "too_many_pixels", says: "4000 万像素"},
		{name: "4 thousand million wide", body: string(huge(1<<31-1, 1)), status: 413, code: "too_many_pixels"},
		{name: "11 MB", body: photo + strings.Repeat("x", 11<<20), status: 413, code: "too_large", says: "图片最大 10 MB"},
		{name: "10 MB and a byte", body: photo + strings.Repeat("x", 10<<20-len(photo)+1), status: 413, code: "too_large", says: "图片最大 10 MB"},
		{name: "nothing", body: "", status: 400, code: "empty", says: "没有收到图片"},
		{name: "no cid", cid: "-", body: photo, status: 400, code: "bad_cid"},
		{name: "a cid that is a path", cid: "../../p", body: photo, status: 400, code: "bad_cid"},
		{name: "a cid with a line break", cid: "p\r\nX: y", body: photo, status: 400, code: "bad_cid"},
		{name: "a cid with a NUL", cid: "p\x00", body: photo, status: 400, code: "bad_cid"},
		{name: "a cid that turns its reader", cid: "p\u202egnp.exe", body: photo, status: 400, code: "bad_cid"},
		{name: "a cid without end", cid: strings.Repeat("p", 1000), body: photo, status: 400, code: "bad_cid"},
		{name: "no token", body: photo, header: map[string]string{"Authorization": ""}, status: 401, code: "auth"},
		{name: "a forged token", body: photo, header: map[string]string{"Authorization": "Bearer x.y.z"}, status: 401, code: "auth"},
		{name: "from another page", body: photo, header: map[string]string{"Origin": foreign}, status: 403, code: "origin"},
		{name: "for another conversation", cid: "p&conv=other", body: photo, status: 403, code: "foreign"},
		{name: "by GET", body: photo, header: map[string]string{"X-Method": "GET"}, status: 404, code: "not_found"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := w.visitor()
			if tc.cid == "" {
				tc.cid = "p1"
			}
			query := "cid=" + url.QueryEscape(strings.TrimPrefix(tc.cid, "-"))
			if id, conv, ok := strings.Cut(tc.cid, "&"); ok {
				query = "cid=" + id + "&" + conv
			}
			r := request{method: "POST", path: "/upload?" + query, token: v.token, kind: "image/png", body: tc.body, header: tc.header}
			if m := tc.header["X-Method"]; m != "" {
				r.method = m
			}
			got := w.do(r)
			if got.status != tc.status || got.Code != tc.code || !strings.Contains(got.Message, tc.says) || got.Message == "" {
				t.Errorf("%d %s", got.status, got.raw)
			}
			if n := len(v.lines()); n != 0 {
				t.Errorf("%d lines", n)
			}
		})
	}
	if log := w.logs.String(); strings.Contains(log, "level=ERROR") {
		t.Error(log)
	}
}

// So many a minute, so many at once, and none when the disk is full. Ten megabytes exactly are taken.
func TestUploadLimits(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	photo := aPhoto(t)
	if r := v.upload("full", append(photo, make([]byte, 10<<20-len(photo))...)); r.status != 200 {
		t.Errorf("10 MB: %d %s", r.status, r.raw)
	}
	taken := 1
	for i := range 10 {
		if r := v.upload(fmt.Sprint("p", i), photo); r.status == 200 {
			taken++
		} else if r.status != 429 || r.Code != "rate_limited" || r.RetryMS <= 0 || r.header.Get("Retry-After") == "" || r.CID != fmt.Sprint("p", i) {
			t.Errorf("%d %s", r.status, r.raw)
		}
	}
	if taken != 6 {
		t.Errorf("%d at once", taken)
	}
	v.turn(10 * time.Second)
	if a, b := v.upload("later", photo), v.upload("more", photo); a.status != 200 || b.status != 429 {
		t.Errorf("ten seconds later %d and %d", a.status, b.status)
	}
	w.full.Store(true)
	if r := w.visitor().upload("p", photo); r.status != 503 || r.Code != "no_space" || !strings.Contains(r.Message, "文字") {
		t.Errorf("with a full disk: %d %s", r.status, r.raw)
	}
	w.full.Store(false)
	// A new conversation for every picture does not help.
	taken = 0
	for i := range 35 {
		x := w.visitor()
		if r := x.do(request{method: "POST", path: "/upload?cid=p", token: x.token, from: fmt.Sprint("192.0.2.1:", 1000+i), body: string(photo)}); r.status == 200 {
			taken++
		} else if r.status != 429 {
			t.Errorf("%d %s", r.status, r.raw)
		}
	}
	if taken != 30 {
		t.Errorf("%d of one client", taken)
	}
	// A body that comes piece by piece and never ends: over a real connection, five of one client.
	const slow = 5
	var hung sync.WaitGroup
	statuses := make(chan int, slow)
	stop := make(chan struct{})
	for range slow {
		x := w.visitor()
		body, feed := io.Pipe()
		hung.Go(func() {
			feed.Write(photo[:100])
			<-stop
			feed.CloseWithError(io.ErrUnexpectedEOF)
		})
		hung.Go(func() {
			q, _ := http.NewRequestWithContext(t.Context(), "POST", w.server.URL+"/api/w/v1/upload?cid=slow", body)
			q.Header.Set("Authorization", "Bearer "+x.token)
			tr := &http.Transport{DialContext: (&net.Dialer{}).DialContext}
			defer tr.CloseIdleConnections()
			r, err := (&http.Client{Transport: tr}).Do(q)
			if err != nil {
				statuses <- 0
				return
			}
			r.Body.Close()
			statuses <- r.StatusCode
		})
	}
	if got := <-statuses; got != 429 {
		t.Errorf("the one too many got %d", got)
	}
	close(stop)
	hung.Wait()
	// A body of no known length that never ends.
	v.turn(time.Minute)
	q, err := http.NewRequestWithContext(t.Context(), "POST", w.server.URL+"/api/w/v1/upload?cid=endless", io.MultiReader(bytes.NewReader(photo), endless{}))
	must(t, err)
	q.Header.Set("Authorization", "Bearer "+v.token)
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	r, err := (&http.Client{Transport: tr}).Do(q)
	if err == nil {
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != 413 || !strings.Contains(string(body), "图片最大 10 MB") {
			t.Errorf("endless: %d %s", r.StatusCode, body)
		}
	} else if !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "broken pipe") { // cut off, which is right too
		t.Errorf("endless: %v", err)
	}
}

// endless is a body that goes on.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// What is acknowledged is in the database: line and picture, both or neither. The oldest of very many make room.
func TestUploadKept(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))))
	const n = 53
	for i := range n {
		v.turn(time.Minute)
		if r := v.upload(fmt.Sprint("p", i), b.Bytes()); r.status != 200 {
			t.Fatalf("%d: %d %s", i, r.status, r.raw)
		}
	}
	kept := 0
	for _, l := range v.lines() {
		if l.Media == nil {
			continue
		}
		if _, err := w.store.File(t.Context(), v.conv, l.Media.ID); err == nil {
			kept++
		} else if kept > 0 {
			t.Errorf("line %d has no picture, and an older one has: %v", l.Seq, err)
		}
	}
	if kept != 50 {
		t.Errorf("%d pictures kept", kept)
	}
}

// A merchant is asked after people served him, and may change his answer for a day.
func TestRating(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	rate := func(cid string, score int, more map[string]any) reply {
		f := map[string]any{"t": "act", "name": "csat", "cid": cid, "score": score}
		for k, x := range more {
			f[k] = x
		}
		return v.send(f)
	}
	v.says("转人工")
	if r := rate("early", 5, nil); r.status != 409 || r.Code != "not_asked" || r.CID != "early" {
		t.Errorf("before anything: %d %s", r.status, r.raw)
	}
	v.desk(bot.EventClaim, "")
	v.desk(bot.EventReply, "您好，已经处理好了")
	v.desk(bot.EventClose, "")
	lines := v.lines()
	if ask := lines[len(lines)-1]; ask.Type != bot.TypeCSAT || ask.From != bot.FromSystem || ask.Text == "" || ask.Agent == nil || ask.Agent.Name != "李敏" || ask.Agent.ID != "" || len(ask.Choices) > 0 {
		t.Fatalf("the last line is %+v", ask)
	}
	for _, bad := range []int{0, 6, -1} {
		if r := rate("bad", bad, nil); r.status != 400 {
			t.Errorf("a score of %d: %d %s", bad, r.status, r.raw)
		}
	}
	r := rate("r1", 2, map[string]any{"solved": false, "text": "卡号 6222021234567890128 还是刷不了"})
	lines = v.lines()
	line := lines[len(lines)-1]
	if r.status != 200 || r.ID != line.Seq || line.Type != bot.TypeRated || line.From != bot.FromUser || line.CID != "r1" || line.RatedLine == nil || line.Score != 2 || line.Solved == nil || *line.Solved {
		t.Errorf("%d %s: %+v", r.status, r.raw, line)
	}
	if strings.Contains(line.Text, "6222021234567890128") || !strings.Contains(line.Text, "不满意") {
		t.Errorf("it says %q", line.Text)
	}
	if again := rate("r1", 5, nil); again.status != 200 || again.ID != r.ID {
		t.Errorf("the same once more: %d %s", again.status, again.raw)
	}
	v.turn(11 * time.Hour)
	v.renew()
	v.turn(11*time.Hour + 30*time.Minute)
	if r := rate("r2", 4, map[string]any{"solved": true}); r.status != 200 {
		t.Errorf("changed after 22 hours: %d %s", r.status, r.raw)
	}
	v.renew()
	v.turn(2 * time.Hour)
	if r := rate("r3", 1, nil); r.status != 409 || r.Code != "too_late" || !strings.Contains(r.Message, "24 小时") {
		t.Errorf("after 24 and a half: %d %s", r.status, r.raw)
	}
	rated, _, err := w.store.Ratings(t.Context(), "", 10)
	must(t, err)
	if len(rated) != 1 || rated[0].Score != 4 || rated[0].Solved == nil || !*rated[0].Solved || rated[0].Text != "" || rated[0].Agent == nil || rated[0].Agent.ID != agent.ID || rated[0].Channel != "web" || rated[0].Conversation != v.conv {
		t.Errorf("kept: %+v", rated)
	}
	// A number is no rating on a page that has a form.
	v.says("5")
	if c, err := w.store.ConversationByID(t.Context(), v.conv); err != nil || c.Rating.Score != 4 || v.lines()[len(v.lines())-1].Text != "5" {
		t.Errorf("%+v, %v", c.Rating, err)
	}
}
