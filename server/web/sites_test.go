package web_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"posdoctor/bot"
	"posdoctor/bot/store"
	visitors "posdoctor/channels/web"
	"posdoctor/server/web"
)

// site is a site as the API answers it.
type site struct {
	visitors.Site
	Version int64 `json:"version"`
	Keys    []struct {
		KID string `json:"kid"`
		Alg string `json:"alg"`
	} `json:"keys"`
	Snippet string `json:"snippet"`
	CSP     string `json:"csp"`
	Chat    string `json:"chat"`
}

type oneSite struct {
	Site   site   `json:"site"`
	Secret string `json:"secret"`
}

func siteOf(t *testing.T, r answer) oneSite {
	t.Helper()
	var out oneSite
	must(t, json.Unmarshal([]byte(r.raw), &out))
	return out
}

// take lets a world know the sites of its database.
func (w *world) take(ctx context.Context) error {
	list, err := web.ReadSites(ctx, w.store, slog.New(slog.DiscardHandler))
	if err == nil {
		w.visitors.SetSites(list)
	}
	return err
}

// admin logs one in.
func (w *world) admin(name string) *client {
	w.t.Helper()
	hash, err := hashed()
	must(w.t, err)
	must(w.t, w.store.AddAgent(w.t.Context(), store.Agent{ID: bot.NewID(), Name: name, Role: store.RoleAdmin, Password: hash}))
	return w.login(name)
}

// signed is what the site's server gives its page.
func signed(t *testing.T, kid, secret, site, merchant string) string {
	t.Helper()
	now := time.Now()
	j := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"aud": site, "sub": merchant, "name": "川味小馆", "phone_masked": "138****0042",
		"sns": []string{"N910-004217"}, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()})
	j.Header["kid"] = kid
	s, err := j.SignedString([]byte(secret))
	must(t, err)
	return s
}

const ed25519PEM = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"

// siteTraffic is the life of a site, by its admin and a merchant who is signed for.
func siteTraffic(t *testing.T, w *world) {
	t.Helper()
	a := w.admin("站长")
	r := a.do("POST", api+"/sites", map[string]any{"name": "商户平台", "origins": []string{"https://Portal.example.com:443/"}, "title": "机具助手", "greeting": "您好", "color": "#0b5f66",
		"hours": "9:00–21:00", "texts": map[string]string{"title": "助手"}})
	s := siteOf(t, r).Site
	if r.status != 201 || !slices.Equal(s.Origins, []string{"https://portal.example.com"}) || !strings.Contains(s.Snippet, `data-site="`+s.ID+`" data-color="#0b5f66" async`) ||
		!strings.Contains(s.CSP, "connect-src") || !strings.HasSuffix(s.Chat, "/chat?site="+s.ID) {
		t.Fatalf("adding: %d %s", r.status, r.raw)
	}
	path := api + "/sites/" + s.ID
	key := siteOf(t, a.do("POST", path+"/keys", map[string]string{"alg": "HS256"}))
	if len(key.Secret) < 43 || len(key.Site.Keys) != 1 {
		t.Fatalf("the key: %+v", key)
	}
	if r := a.do("POST", path+"/keys", map[string]string{"alg": "EdDSA", "public": ed25519PEM}); r.status != 201 || strings.Contains(r.raw, "secret") {
		t.Errorf("a second key: %d %s", r.status, r.raw)
	}
	for _, x := range []struct {
		in     any
		status int
		code   string
	}{{map[string]string{"alg": "HS256"}, 409, "keys"}, {map[string]string{"alg": "none"}, 422, "bad_alg"}, {map[string]string{"alg": "EdDSA", "public": "x"}, 422, "bad_public"}} {
		if r := a.do("POST", path+"/keys", x.in); r.status != x.status || r.Error.Code != x.code {
			t.Errorf("key %v: %d %s", x.in, r.status, r.raw)
		}
	}
	if r := a.do("GET", api+"/sites", nil); r.status != 200 || strings.Contains(r.raw, key.Secret) || !strings.Contains(r.raw, key.Site.Keys[0].KID) {
		t.Errorf("the list: %d %s", r.status, r.raw)
	}

	// The merchant says something of himself, then his page's server signs for him.
	must(t, w.take(t.Context()))
	v := w.client()
	old := v.do("POST", "/api/w/v1/session", map[string]any{"site": s.ID, "context": map[string]string{"sn": "X1"}})
	if v.token = old.Token; v.do("POST", "/api/w/v1/context", map[string]string{"name": "张三", "sn": "X1"}).raw != `{"kept":false}`+"\n" {
		t.Error("a context was kept where nothing was said")
	}
	v.do("POST", "/api/w/v1/send", map[string]any{"t": "msg", "cid": "u1", "text": "刷不了卡", "ctx": map[string]string{"name": "张三", "sn": "X1"}})
	if r := v.do("POST", "/api/w/v1/context", map[string]string{"name": "张三", "page": "https://portal.example.com/a?token=secret#x"}); r.raw != `{"kept":true}`+"\n" {
		t.Errorf("context: %d %s", r.status, r.raw)
	}
	if r := a.do("GET", api+"/conversations/"+old.Conv, nil); !strings.Contains(r.raw, `"title":"张三（未验证）"`) || !strings.Contains(r.raw, `"unverified":{"name":"张三","page":"https://portal.example.com/a"}`) ||
		!strings.Contains(r.raw, `"verified":false`) || !strings.Contains(r.raw, `"site":"`+s.ID+`"`) {
		t.Errorf("the row of an unverified visitor: %s", r.raw)
	}
	r = v.do("POST", "/api/w/v1/identify", map[string]string{"jwt": signed(t, key.Site.Keys[0].KID, key.Secret, s.ID, "demo-2")})
	if r.status != 200 || r.Conv == old.Conv || !strings.Contains(r.raw, `"verified":true`) || !strings.Contains(r.raw, `"川味小馆，您好"`) {
		t.Fatalf("identify: %d %s", r.status, r.raw)
	}
	v.token = r.Token
	v.says("POS机显示商户状态异常")
	if r := a.do("GET", api+"/conversations/"+r.Conv, nil); !strings.Contains(r.raw, `"verified":true`) || !strings.Contains(r.raw, `"proof":"page","phone":"138****0042","sns":"N910-004217"`) {
		t.Errorf("the row of a verified visitor: %s", r.raw)
	}

	// Changes, conflicts, removals.
	in := map[string]any{"version": s.Version, "name": "商户平台二", "origins": []string{}, "title": "机具助手", "greeting": "您好"}
	if r := a.do("PUT", path, in); r.status != 200 || siteOf(t, r).Site.Version != s.Version+1 {
		t.Errorf("change: %d %s", r.status, r.raw)
	}
	if r := a.do("PUT", path, in); r.status != 409 || r.Error.Code != "conflict" {
		t.Errorf("change over a change: %d %s", r.status, r.raw)
	}
	in["origins"] = []string{"http://portal.example.com"}
	if r := a.do("PUT", path, in); r.status != 422 || r.Error.Code != "bad_origins" {
		t.Errorf("an origin without https: %d %s", r.status, r.raw)
	}
	if r := a.do("DELETE", path+"/keys/"+key.Site.Keys[0].KID, nil); r.status != 204 {
		t.Errorf("removing a key: %d %s", r.status, r.raw)
	}
	must(t, w.take(t.Context()))
	if r := v.do("GET", "/api/w/v1/history", nil); r.status != 401 {
		t.Errorf("a session by a key that is gone: %d %s", r.status, r.raw)
	}
	for _, path := range []string{path + "/keys/none", api + "/sites/none"} {
		if r := a.do("DELETE", path, nil); r.status != 404 {
			t.Errorf("DELETE %s: %d %s", path, r.status, r.raw)
		}
	}
	if r := a.do("DELETE", api+"/sites/demo", nil); r.status != 409 {
		t.Errorf("removing the built-in site: %d %s", r.status, r.raw)
	}
	if r := a.do("DELETE", path, nil); r.status != 204 {
		t.Errorf("removing: %d %s", r.status, r.raw)
	}
	trail := strings.Join(w.audited(a.id), "\n")
	for _, act := range []string{"site.add", "site.key.add", "site.change", "site.key.remove", "site.remove"} {
		if !strings.Contains(trail, act) {
			t.Errorf("the audit log lacks %s: %s", act, trail)
		}
	}

	// Nobody else may.
	w.agent("访客甲", false)
	b := w.login("访客甲")
	for _, x := range [][2]string{{"GET", ""}, {"POST", ""}, {"PUT", "/" + s.ID}, {"DELETE", "/" + s.ID}, {"POST", "/" + s.ID + "/keys"}, {"DELETE", "/" + s.ID + "/keys/x"}} {
		if r := b.do(x[0], api+"/sites"+x[1], body(x[0])); r.status != 403 || r.Error.Code != "role" {
			t.Errorf("an agent: %s %s: %d %s", x[0], x[1], r.status, r.raw)
		}
	}
	w.visitors.SetSites([]visitors.Site{{ID: "demo", Title: "机具助手", Greeting: "您好", Topics: []string{"刷卡没反应"}}})
}

// Who may show the full page in a frame.
func TestFrames(t *testing.T) {
	w := newWorld(t, nil, nil)
	w.visitors.SetSites([]visitors.Site{{ID: "demo"}, {ID: "shop", Origins: []string{"https://a.example", "https://b.example:8443"}}})
	for path, want := range map[string]string{
		"/chat":                    "frame-ancestors 'self';",
		"/chat?site=shop":          "frame-ancestors 'self' https://a.example https://b.example:8443;",
		"/chat?site=none":          "frame-ancestors 'none';",
		"/chat?site=shop&site=x":   "frame-ancestors 'self' https://a.example https://b.example:8443;",
		"/chat?site=%0d%0aX-A:%20": "frame-ancestors 'none';",
		"/":                        "frame-ancestors 'none';",
	} {
		if got := w.client().do("GET", path, nil).header.Get("Content-Security-Policy"); !strings.Contains(got, want) {
			t.Errorf("%s: %q lacks %q", path, got, want)
		}
	}
}
