package web_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
)

// sends puts a merchant's picture or voice into his conversation, as a channel that fetches does, and returns its id.
func (c *client) sends(kind, mime string, data []byte) string {
	c.t.Helper()
	conv, err := c.store.ConversationByID(c.t.Context(), c.conv)
	must(c.t, err)
	t, err := c.service.Handle(c.t.Context(), conv.Address, bot.Event{Kind: bot.EventMedia, Media: kind, Fetch: &bot.Fetch{Target: "test-media", MediaID: "M", Kind: kind}})
	must(c.t, err)
	id := t.Messages()[0].Media.ID
	must(c.t, c.store.Done(c.t.Context(), id))
	if data != nil {
		must(c.t, c.store.KeepFile(c.t.Context(), bot.File{ID: id, Conversation: conv.ID, Kind: kind, MIME: mime, Data: data, At: time.Now().UnixMilli()}))
	}
	return id
}

// An agent gets a merchant's files under headers that let a page show pictures and nothing else happen.
func TestMedia(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.agent("李敏", false)
	a := w.login("李敏")
	v := w.visitor()
	v.says("转人工")
	for _, tc := range []struct{ kind, mime, disposition string }{
		{"image", "image/jpeg", "inline"},
		{"image", "image/png", "inline"},
		{"image", "image/webp", "attachment; filename=image.webp"},
		{"image", "application/octet-stream", "attachment; filename=image.bin"},
		{"voice", "audio/amr", "attachment; filename=voice.amr"},
		{"voice", "audio/mpeg", "attachment; filename=voice.mp3"},
	} {
		data := []byte("\xff\x00<script>" + tc.mime)
		id := v.sends(tc.kind, tc.mime, data)
		path := api + "/conversations/" + v.conv + "/media/" + id
		r := a.do("GET", path, nil)
		for name, want := range map[string]string{"Content-Type": tc.mime, "Content-Disposition": tc.disposition, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "Cross-Origin-Resource-Policy": "same-origin"} {
			if got := r.header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", tc.mime, name, got, want)
			}
		}
		if r.status != 200 || !bytes.Equal([]byte(r.raw), data) {
			t.Errorf("%s: %d, %d bytes", tc.mime, r.status, len(r.raw))
		}
		lines := a.do("GET", api+"/conversations/"+v.conv+"/events", nil).Events
		i := slices.IndexFunc(lines, func(m bot.Message) bool { return m.Media != nil && m.Media.ID == id })
		if i < 0 || lines[i].Media.Kind != tc.kind || lines[i].From != bot.FromUser {
			t.Errorf("%s: no line stands for it", tc.mime)
		}
	}
	if got := w.audited(a.id); !slices.Equal(got, []string{"read " + v.conv}) {
		t.Errorf("the audit log has %v", got)
	}
}

// Who may not read a conversation gets none of its files, and a file is one of its own conversation only.
func TestMediaOfOthers(t *testing.T) {
	w := newWorld(t, nil, nil)
	v, other := w.visitor(), w.visitor()
	v.says("转人工")
	other.says("转人工")
	id := v.sends("image", "image/png", []byte("secret picture"))
	coming := v.sends("image", "", nil)
	path := func(conv, id string) string { return api + "/conversations/" + conv + "/media/" + id }
	w.agent("李敏", false)
	w.agent("新人", true)
	stranger := w.agent("外人", false)
	_, err := w.open().Exec(`UPDATE agents SET role = 'guest' WHERE id = $1`, stranger.ID)
	must(t, err)
	li, fresh, guest, nobody := w.login("李敏"), w.login("新人"), w.login("外人"), w.client()
	for _, tc := range []struct {
		name   string
		who    *client
		path   string
		status int
	}{
		{"an agent", li, path(v.conv, id), 200},
		{"by the id of another conversation", li, path(other.conv, id), 404},
		{"by the id of no conversation", li, path("none", id), 404},
		{"one that is not there", li, path(v.conv, "none"), 404},
		{"one that was not fetched yet", li, path(v.conv, coming), 404},
		{"by a pattern", li, path(v.conv, "%25"), 404},
		{"by a path", li, path(v.conv, "..%2F"+id), 404},
		{"who has to change his password", fresh, path(v.conv, id), 403},
		{"of another role", guest, path(v.conv, id), 403},
		{"who is not logged in", nobody, path(v.conv, id), 401},
		{"the merchant himself", v, path(v.conv, id), 401},
	} {
		r := tc.who.do("GET", tc.path, nil)
		if r.status != tc.status || tc.status != 200 && strings.Contains(r.raw, "secret") || tc.status == 200 && r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", tc.name, r.status, r.raw)
		}
	}
	if r := li.do("POST", path(v.conv, id), map[string]any{}); r.status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", r.status)
	}
	// After its time it is gone.
	n, err := w.store.ForgetFiles(t.Context(), time.Now().Add(time.Minute).UnixMilli(), 10)
	must(t, err)
	if r := li.do("GET", path(v.conv, id), nil); n != 1 || r.status != 404 {
		t.Errorf("%d forgotten, then %d", n, r.status)
	}
}
