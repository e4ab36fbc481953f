package web_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"posdoctor/bot"
	"posdoctor/server/web"
)

// contract holds traffic against the API document.
type contract struct {
	doc    *openapi3.T
	router routers.Router

	mu     sync.Mutex
	faults []string
	seen   map[string]bool // "GET /healthz 200"
}

// newContract reads the document and proves it sound, its examples too. For the test every object is closed: a field that is not
// documented is a fault.
func newContract(t *testing.T) *contract {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(web.Document())
	must(t, err)
	must(t, doc.Validate(t.Context()))
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("the document says it is %s", doc.OpenAPI)
	}
	for _, s := range doc.Components.Schemas {
		closeObjects(s)
	}
	for _, path := range doc.Paths.Map() {
		for _, op := range path.Operations() {
			if op.RequestBody != nil {
				for _, c := range op.RequestBody.Value.Content {
					closeObjects(c.Schema)
				}
			}
			for _, r := range op.Responses.Map() {
				if c := r.Value.Content["application/json"]; c != nil {
					closeObjects(c.Schema)
				}
			}
		}
	}
	c := &contract{doc: doc, seen: map[string]bool{}}
	c.router, err = legacy.NewRouter(doc)
	must(t, err)
	return c
}

func closeObjects(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil {
		return
	}
	s := ref.Value
	if len(s.Properties) > 0 {
		no := false
		s.AdditionalProperties.Has = &no
	}
	for _, p := range s.Properties {
		if p.Ref == "" {
			closeObjects(p)
		}
	}
	if s.Items != nil && s.Items.Ref == "" {
		closeObjects(s.Items)
	}
}

// around checks what passes between clients and routes.
func (c *contract) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			next.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		r.Body = io.NopCloser(bytes.NewReader(body))
		c.judge(r, rec)
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		w.Write(rec.Body.Bytes())
	})
}

func (c *contract) judge(r *http.Request, rec *httptest.ResponseRecorder) {
	fault := func(err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.faults = append(c.faults, fmt.Sprintf("%s %s -> %d: %v\n%s", r.Method, r.URL, rec.Code, err, rec.Body))
	}
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		fault(err)
		return
	}
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options}
	if rec.Code < 400 {
		if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
			fault(err)
		}
	}
	if err := openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: rec.Code,
		Header: rec.Header(), Body: io.NopCloser(bytes.NewReader(rec.Body.Bytes())), Options: options}); err != nil {
		fault(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[fmt.Sprintf("%s %s %d", r.Method, route.Path, rec.Code)] = true
}

// The document and the router name the same routes.
func TestDocumentNamesAllRoutes(t *testing.T) {
	c := newContract(t)
	w := newWorld(t, nil, nil)
	var routes, documented []string
	for _, r := range w.engine.Routes() {
		path := strings.NewReplacer(":id", "{id}", ":media", "{media}", ":name", "{name}", ":kid", "{kid}").Replace(r.Path)
		json := strings.HasPrefix(path, "/api/") || path == "/healthz" || path == "/readyz"
		if !json || strings.HasPrefix(path, "/api/w/") && r.Method != "GET" { // visitors' routes take any method and judge themselves
			continue
		}
		if strings.HasPrefix(path, "/api/w/") {
			r.Method = map[bool]string{true: "POST", false: "GET"}[slices.Contains([]string{"/session", "/send", "/upload", "/identify", "/context"}, strings.TrimPrefix(path, "/api/w/v1"))]
		}
		routes = append(routes, r.Method+" "+path)
	}
	for path, item := range c.doc.Paths.Map() {
		for method, op := range item.Operations() {
			documented = append(documented, method+" "+path)
			if op.Summary == "" {
				t.Errorf("%s %s has no summary", method, path)
			}
			for status, r := range op.Responses.Map() {
				for _, content := range r.Value.Content {
					if content.Example == nil {
						t.Errorf("%s %s %s has no example", method, path, status)
					}
				}
			}
			if op.RequestBody != nil {
				for kind, content := range op.RequestBody.Value.Content {
					if content.Example == nil {
						t.Errorf("%s %s has no example of a request as %s", method, path, kind)
					}
				}
			}
		}
	}
	slices.Sort(routes)
	slices.Sort(documented)
	if !slices.Equal(routes, documented) {
		t.Errorf("the router has\n%s\nthe document\n%s", strings.Join(routes, "\n"), strings.Join(documented, "\n"))
	}
}

// A whole day at the desk, every request and answer held against the document.
func TestTrafficFitsDocument(t *testing.T) {
	c := newContract(t)
	w := newWorld(t, withSettings, c.around)
	w.asks()
	w.agent("李敏", false)
	wang := w.agent("王强", false)

	// A merchant asks, is asked, taps, asks for a person.
	v := w.visitor()
	v.do("GET", "/healthz", nil)
	v.do("GET", "/readyz", nil)
	v.do("GET", "/api/openapi.json", nil)
	v.says("POS机显示商户状态异常")
	lines := v.lines()
	var first string
	for _, l := range lines {
		if len(l.Choices) > 0 {
			first = l.Choices[0].Text
		}
	}
	v.taps(first)
	v.says("提示 58")
	v.frame(map[string]string{"t": "act", "name": "escalate"})
	v.waits(bot.TypeQueued)
	v.do("GET", "/api/w/v1/poll?last=0&epoch=e-older", nil)
	v.do("GET", "/api/w/v1/history?before=3&limit=1", nil)
	v.do("GET", "/api/w/v1/suggest?q=商户状态", nil)
	v.do("GET", "/api/w/v1/suggest", nil, "Authorization", "")
	v.do("GET", "/api/w/v1/terminals", nil)
	v.do("POST", "/api/w/v1/send", map[string]any{"t": "act", "cid": "seen", "name": "read", "upto": 2})

	// An agent comes, takes over, writes, gives back.
	a := w.login("李敏")
	a.do("GET", api+"/me", nil)
	a.do("POST", api+"/me/here", nil)
	a.console()
	a.do("POST", api+"/me/here", nil)
	a.do("POST", api+"/me/status", map[string]any{"status": "busy"})
	a.do("POST", api+"/me/status", map[string]any{"status": "online"})
	a.do("POST", api+"/me/status", map[string]any{"status": "asleep"})
	a.do("GET", api+"/agents", nil)
	a.do("GET", api+"/desk", nil)
	for _, list := range []string{"queued", "mine", "due", "bot", "closed", "held"} {
		a.do("GET", api+"/conversations?state="+list, nil)
	}
	a.do("GET", api+"/conversations", nil)
	path := api + "/conversations/" + v.conv
	a.do("GET", path, nil)
	a.act(v.conv, "claim")
	v.do("GET", "/api/w/v1/poll?last=0&epoch=e-test", nil)
	a.do("POST", path+"/messages", map[string]any{"cid": "r1", "text": "您好，我来看一下", "epoch": w.epoch(v.conv)})
	v.says("好的")
	picture := v.sends("image", "image/png", []byte("a picture"))
	a.do("GET", path+"/media/"+picture, nil)
	a.do("GET", path+"/media/"+v.sends("voice", "audio/amr", []byte("a voice")), nil)
	a.do("GET", path+"/media/none", nil)
	photo := string(aPhoto(t))
	up := v.do("POST", "/api/w/v1/upload?cid=photo", photo, "Content-Type", "image/jpeg")
	if up.status != 200 {
		t.Errorf("upload: %d %s", up.status, up.raw)
	}
	v.do("POST", "/api/w/v1/upload?cid=photo", photo, "Content-Type", "image/jpeg")
	v.do("POST", "/api/w/v1/upload?cid=page", "<html>", "Content-Type", "image/jpeg")
	v.do("POST", "/api/w/v1/upload?cid=broken", photo[:100], "Content-Type", "image/jpeg")
	for _, l := range v.lines() {
		if l.CID == "photo" {
			v.do("GET", "/api/w/v1/media/"+l.Media.ID, nil)
		}
	}
	v.do("GET", "/api/w/v1/media/none", nil)
	sent := fmt.Sprintf("%s/pictures?cid=p1&epoch=%d", path, w.epoch(v.conv))
	a.do("POST", sent, photo, "Content-Type", "image/jpeg")
	a.do("POST", sent, "%PDF-1.7", "Content-Type", "image/jpeg")
	a.do("POST", path+"/pictures?cid=p2&epoch=0", photo, "Content-Type", "image/jpeg")
	a.do("POST", path+"/pictures?cid=p2", photo, "Content-Type", "image/jpeg")
	a.do("GET", path+"/events?after=0&limit=500", nil)
	a.do("GET", api+"/conversations?state=mine", nil)
	a.do("GET", path, nil)
	a.do("POST", path+"/transfer", map[string]any{"epoch": w.epoch(v.conv), "to": "queue"})
	a.act(v.conv, "claim")
	b := w.login("王强")
	a.do("POST", path+"/hold", map[string]any{"epoch": w.epoch(v.conv), "until": time.Now().Add(time.Hour).UnixMilli()})
	a.act(v.conv, "hold")
	a.act(v.conv, "resume")
	a.do("POST", path+"/typing", map[string]any{"on": true})
	a.do("POST", path+"/transfer", map[string]any{"epoch": w.epoch(v.conv), "to": wang.ID, "note": "商户很急"})
	b.do("GET", api+"/conversations?state=queued", nil)
	b.do("GET", path, nil)
	b.act(v.conv, "decline")
	a.do("POST", path+"/transfer", map[string]any{"epoch": w.epoch(v.conv), "to": wang.ID})
	b.act(v.conv, "claim")
	lead := w.role("组长", "lead")
	lead.do("GET", api+"/conversations?state=held", nil)
	lead.act(v.conv, "take")
	lead.act(v.conv, "release")
	b.act(v.conv, "claim")
	b.do("POST", path+"/messages", map[string]any{"cid": "b1", "text": "处理好了", "epoch": w.epoch(v.conv)})
	b.do("POST", path+"/close", map[string]any{"epoch": w.epoch(v.conv), "reason": "solved", "gap": true, "note": "没有这一条"})
	b.do("GET", path, nil)
	b.do("GET", api+"/figures", nil)
	lead.do("GET", api+"/figures?from=0&to=1000", nil)
	lead.do("GET", api+"/figures?from=x", nil)
	a.do("GET", api+"/conversations?state=closed", nil)
	v.do("POST", "/api/w/v1/send", map[string]any{"t": "act", "name": "csat", "cid": "csat", "score": 5, "solved": true, "text": "=师傅很耐心"})
	a.do("GET", path, nil)
	a.do("GET", api+"/ratings", nil) // of a role that may not
	w.promote("王强", "lead")
	b.do("GET", api+"/ratings", nil)
	b.do("GET", api+"/ratings?format=csv", nil)
	b.do("GET", api+"/ratings?after=x", nil)
	v.do("GET", "/api/w/v1/poll?last=0", nil)

	// A merchant whose documents have expired gets a ticket.
	m := w.visitor()
	m.says("演示商户 2")
	m.do("GET", "/api/w/v1/terminals", nil)
	m.do("GET", "/api/w/v1/poll?last=0", nil)
	m.says("POS机显示商户状态异常")
	card := m.waits(bot.TypeDiag)
	if card.Card == nil || len(card.Facts) == 0 || card.Facts[0].State != "DOCS_EXPIRED" {
		t.Errorf("the card is %+v", card)
	}
	for range 5 { // say that nothing helps until a ticket is offered
		lines := m.lines()
		var offered []bot.Choice
		for _, l := range lines {
			if len(l.Choices) > 0 {
				offered = l.Choices
			}
		}
		if i := slices.IndexFunc(offered, func(c bot.Choice) bool { return strings.Contains(c.Text, "工单") }); i >= 0 {
			m.taps(offered[i].Text)
			m.taps("确认提交")
			break
		}
		m.frame(map[string]string{"t": "act", "name": "unsolved"})
	}
	if ticket := m.waits(bot.TypeTicket); ticket.TicketLine == nil || ticket.No == "" || ticket.Status != "OPEN" {
		t.Errorf("the ticket is %+v", ticket)
	}
	a.act(m.conv, "claim")
	if r := a.do("GET", api+"/conversations/"+m.conv, nil); r.Card == nil || r.Card.Ticket == nil || !strings.Contains(r.raw, `"merchant":{"id":"demo-2","name":"演示商户 2 · 川味小馆","proof":"demo"}`) {
		t.Errorf("the card lacks ticket or merchant: %s", r.raw)
	}

	helpers(a, v, m)

	// What is refused has its shape too.
	w.agent("新人", true)
	fresh := w.login("新人")
	fresh.do("GET", api+"/conversations", nil)
	fresh.do("GET", api+"/conversations/"+v.conv, nil)
	fresh.do("GET", api+"/conversations/"+v.conv+"/events", nil)
	fresh.do("GET", api+"/conversations/"+v.conv+"/media/x", nil)
	nobody := w.client()
	nobody.do("GET", api+"/me", nil)
	nobody.do("POST", api+"/login", map[string]string{"name": "李敏", "password": "wrong"})
	nobody.do("POST", api+"/login", "{")
	nobody.do("POST", api+"/login", "{}", "Content-Type", "text/plain")
	nobody.do("POST", api+"/login", "{}", "Origin", "https://evil.example")
	for range 11 {
		nobody.do("POST", api+"/login", map[string]string{"name": "x", "password": "wrong"})
	}
	for _, act := range []string{"claim", "release", "transfer", "close", "take", "decline", "hold", "resume"} {
		a.do("POST", path+"/"+act, map[string]any{"epoch": 0})
		a.do("POST", path+"/"+act, map[string]any{})
		a.do("POST", path+"/"+act, map[string]any{"epoch": 0}, "X-CSRF-Token", "")
		a.do("POST", api+"/conversations/none/"+act, map[string]any{"epoch": 0})
		nobody.do("POST", path+"/"+act, map[string]any{"epoch": 0})
	}
	a.do("POST", path+"/messages", map[string]any{"cid": "r2", "text": "x", "epoch": 0})
	a.do("POST", path+"/messages", map[string]any{"cid": "r2", "text": strings.Repeat("x", 2001), "epoch": 0})
	a.do("POST", path+"/messages", map[string]any{"cid": "r2", "text": strings.Repeat("x", 70<<10), "epoch": 0})
	a.do("GET", api+"/conversations?state=none", nil)
	a.do("GET", api+"/conversations?after=none", nil)
	a.do("GET", api+"/conversations/none", nil)
	a.do("GET", api+"/conversations/none/events", nil)
	a.do("GET", path+"/events?after=x", nil)
	a.do("GET", "/api/a/v1/ws", nil)
	nobody.do("GET", "/api/a/v1/ws", nil)
	v.do("GET", "/api/w/v1/ws", nil)
	v.do("GET", "/api/w/v1/ws", nil, "Origin", "https://evil.example")
	v.do("POST", "/api/w/v1/send", map[string]string{"t": "msg", "cid": "x"})
	v.do("POST", "/api/w/v1/send", map[string]string{"t": "msg", "cid": "x", "text": strings.Repeat("x", 17<<10)})
	v.do("POST", "/api/w/v1/send", "{}", "Authorization", "")
	v.do("POST", "/api/w/v1/send", "{}", "Origin", "https://evil.example")
	v.do("POST", "/api/w/v1/session", map[string]string{"site": "none"})
	v.do("POST", "/api/w/v1/session", map[string]string{"site": "demo", "resume": "x"})
	v.do("POST", "/api/w/v1/session", map[string]string{"site": "demo", "resume": v.token})
	v.do("GET", "/api/w/v1/poll?last=x", nil)
	v.do("GET", "/api/w/v1/history?conv=other", nil)
	for i := range 30 {
		v.do("POST", "/api/w/v1/send", map[string]string{"t": "act", "cid": fmt.Sprint("f", i), "name": "solved"})
	}
	for range 9 {
		a.do("POST", api+"/password", map[string]string{"old": "wrong", "new": "another long one"})
	}
	a.do("POST", api+"/password", map[string]string{"old": password, "new": "short"})
	a.do("POST", api+"/password", map[string]string{"old": password, "new": "another long one"})
	a.do("POST", api+"/logout", nil)
	settingsTraffic(t, w)
	siteTraffic(t, w) // with an admin of its own

	for _, f := range c.faults {
		t.Error(f)
	}
	// Every success that is documented was seen, and these refusals.
	for path, item := range c.doc.Paths.Map() {
		for method, op := range item.Operations() {
			for status := range op.Responses.Map() {
				if status[0] == '2' && !c.seen[method+" "+path+" "+status] {
					t.Errorf("%s %s never answered %s", method, path, status)
				}
			}
		}
	}
	for _, want := range []string{"POST /api/a/v1/login 401", "POST /api/a/v1/login 429", "POST /api/a/v1/conversations/{id}/claim 409", "GET /api/a/v1/conversations 403",
		"POST /api/a/v1/conversations/{id}/messages 413", "POST /api/w/v1/send 429", "POST /api/w/v1/send 401", "POST /api/w/v1/session 404"} {
		if !c.seen[want] {
			t.Errorf("%s was not seen", want)
		}
	}
}
