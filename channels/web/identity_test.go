package web_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"posdoctor/bot"
	"posdoctor/channels/web"
)

// portal is a site whose server signs, with a key of each kind, beside one that has a key of its own.
type portal struct {
	*world
	hs, next, other web.Key
	secret, second  string
	otherSecret     string
	ed              web.Key
	private         ed25519.PrivateKey
}

func newPortal(t *testing.T) *portal {
	t.Helper()
	p := &portal{world: newWorld(t)}
	var err error
	p.hs, p.secret, err = web.NewKey(web.AlgHS256, "")
	must(t, err)
	p.next, p.second, err = web.NewKey(web.AlgHS256, "")
	must(t, err)
	p.other, p.otherSecret, err = web.NewKey(web.AlgHS256, "")
	must(t, err)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	der, err := x509.MarshalPKIXPublicKey(public)
	must(t, err)
	p.private = private
	p.ed, _, err = web.NewKey(web.AlgEdDSA, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	must(t, err)
	p.sites(p.hs, p.ed)
	return p
}

func (p *portal) sites(keys ...web.Key) {
	p.channel.SetSites([]web.Site{{ID: "portal", Greeting: "您好", Origins: []string{shop}, Keys: keys}, {ID: "other", Keys: []web.Key{p.other}}, {ID: "demo"}})
}

// who are the claims of a merchant who has just logged in at the portal.
func who(merchant string, change ...func(jwt.MapClaims)) jwt.MapClaims {
	now := time.Now()
	c := jwt.MapClaims{"iss": "https://portal.example", "aud": "portal", "sub": merchant, "name": "川味小馆", "phone_masked": "138****0042", "sns": []string{"N910-1"},
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	for _, f := range change {
		f(c)
	}
	return c
}

// sealed signs claims with a header of which change may alter everything.
func sealed(t *testing.T, m jwt.SigningMethod, key any, kid string, c jwt.MapClaims, change ...func(map[string]any)) string {
	t.Helper()
	j := jwt.NewWithClaims(m, c)
	j.Header["kid"] = kid
	for _, f := range change {
		f(j.Header)
	}
	s, err := j.SignedString(key)
	must(t, err)
	return s
}

func (p *portal) signs(merchant string, change ...func(jwt.MapClaims)) string {
	return sealed(p.t, jwt.SigningMethodHS256, []byte(p.secret), p.hs.KID, who(merchant, change...))
}

func (p *portal) session(jwt, resume string) reply {
	p.t.Helper()
	return p.do(request{method: "POST", path: "/session", body: map[string]string{"site": "portal", "jwt": jwt, "resume": resume}})
}

// in is the visitor of a session.
func (p *portal) in(r reply) *visitor {
	p.t.Helper()
	if r.status != 200 {
		p.t.Fatalf("session: %d %s", r.status, r.raw)
	}
	return &visitor{world: p.world, token: r.Token, conv: r.Conv}
}

func set(name string, v any) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c[name] = v } }
func without(name string) func(jwt.MapClaims)    { return func(c jwt.MapClaims) { delete(c, name) } }
func head(name string, v any) func(map[string]any) {
	return func(h map[string]any) { h[name] = v }
}

// TestAcceptD9 refuses what is not signed for this site by one of its keys, now.
func TestAcceptD9(t *testing.T) {
	p := newPortal(t)
	now := time.Now()
	hs := func(c jwt.MapClaims, h ...func(map[string]any)) string {
		return sealed(t, jwt.SigningMethodHS256, []byte(p.secret), p.hs.KID, c, h...)
	}
	good := p.signs("1900013511")
	part := strings.Split(good, ".")
	raw := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	payload := func(c jwt.MapClaims) string { b, _ := json.Marshal(c); return raw(string(b)) }
	mac := func(key []byte, text string) string {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	public := p.private.Public().(ed25519.PublicKey)
	der, err := x509.MarshalPKIXPublicKey(public)
	must(t, err)
	evil := ed25519.NewKeyFromSeed(make([]byte, 32))
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	once := p.signs("1900013511", set("jti", "j-1"))
	if r := p.session(once, ""); r.status != 200 {
		t.Fatalf("a jti that is new: %d %s", r.status, r.raw)
	}
	tests := map[string]string{
		"forged: signed with a guess":           sealed(t, jwt.SigningMethodHS256, []byte("secret"), p.hs.KID, who("1900013511")),
		"forged: signed with an empty secret":   mac(nil, part[0]+"."+part[1]),
		"forged: another merchant put in":       part[0] + "." + payload(who("1900099999")) + "." + part[2],
		"forged: the signature cut off":         part[0] + "." + part[1] + ".",
		"forged: a bit of the signature turned": part[0] + "." + part[1] + "." + flip(part[2]),
		"forged: with another site's key":       sealed(t, jwt.SigningMethodHS256, []byte(p.otherSecret), p.other.KID, who("1900013511")),
		"another site's key under our kid":      sealed(t, jwt.SigningMethodHS256, []byte(p.otherSecret), p.hs.KID, who("1900013511")),
		"for another site":                      hs(who("1900013511", set("aud", "other"))),
		"for no site":                           hs(who("1900013511", without("aud"))),
		"for an empty site":                     hs(who("1900013511", set("aud", ""))),
		"for sites that are not this one":       hs(who("1900013511", set("aud", []string{"other", "demo"}))),
		"for the site in other letters":         hs(who("1900013511", set("aud", "Portal"))),
		"alg none":                              raw(`{"alg":"none","typ":"JWT","kid":"`+p.hs.KID+`"}`) + "." + part[1] + ".",
		"alg None":                              raw(`{"alg":"None","kid":"`+p.hs.KID+`"}`) + "." + part[1] + ".",
		"alg none with the old signature":       raw(`{"alg":"none","kid":"`+p.hs.KID+`"}`) + "." + part[1] + "." + part[2],
		"alg HS384":                             sealed(t, jwt.SigningMethodHS384, []byte(p.secret), p.hs.KID, who("1900013511")),
		"alg HS512":                             sealed(t, jwt.SigningMethodHS512, []byte(p.secret), p.hs.KID, who("1900013511")),
		"alg RS256":                             sealed(t, jwt.SigningMethodRS256, rsaKey, p.ed.KID, who("1900013511")),
		"confusion: HS256 with the public key":  sealed(t, jwt.SigningMethodHS256, []byte(public), p.ed.KID, who("1900013511")),
		"confusion: HS256 with the key's DER":   sealed(t, jwt.SigningMethodHS256, der, p.ed.KID, who("1900013511")),
		"confusion: HS256 with the key's PEM":   sealed(t, jwt.SigningMethodHS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), p.ed.KID, who("1900013511")),
		"confusion: HS256 with the stored text": sealed(t, jwt.SigningMethodHS256, []byte(p.ed.Secret), p.ed.KID, who("1900013511")),
		"confusion: EdDSA under the HS256 kid":  sealed(t, jwt.SigningMethodEdDSA, p.private, p.hs.KID, who("1900013511")),
		"confusion: HS256 under the EdDSA kid":  sealed(t, jwt.SigningMethodHS256, []byte(p.secret), p.ed.KID, who("1900013511")),
		"EdDSA with a key of his own":           sealed(t, jwt.SigningMethodEdDSA, evil, p.ed.KID, who("1900013511")),
		"EdDSA with a key of his own in jwk":    sealed(t, jwt.SigningMethodEdDSA, evil, p.ed.KID, who("1900013511"), head("jwk", map[string]string{"kty": "OKP", "crv": "Ed25519", "x": raw(string(evil.Public().(ed25519.PublicKey)))})),
		"a key of his own by jku":               sealed(t, jwt.SigningMethodEdDSA, evil, p.ed.KID, who("1900013511"), head("jku", "https://evil.example/jwks.json")),
		"a key of his own by x5u":               sealed(t, jwt.SigningMethodEdDSA, evil, p.ed.KID, who("1900013511"), head("x5u", "https://evil.example/x.pem")),
		"no kid":                                hs(who("1900013511"), func(h map[string]any) { delete(h, "kid") }),
		"an empty kid":                          hs(who("1900013511"), head("kid", "")),
		"a kid that is nobody's":                hs(who("1900013511"), head("kid", "k_none")),
		"a kid that is a path":                  mac(nil, raw(`{"alg":"HS256","kid":"../../../../dev/null"}`)+"."+part[1]),
		"a kid that is SQL":                     mac([]byte("x"), raw(`{"alg":"HS256","kid":"x' UNION SELECT 'eA=='--"}`)+"."+part[1]),
		"a kid that is a list":                  hs(who("1900013511"), head("kid", []string{p.hs.KID})),
		"a kid that is a number":                hs(who("1900013511"), head("kid", 1)),
		"a key that was rotated out":            sealed(t, jwt.SigningMethodHS256, []byte(p.second), p.next.KID, who("1900013511")),
		"crit":                                  hs(who("1900013511"), head("crit", []string{"exp"})),
		"expired":                               p.signs("1900013511", set("iat", now.Add(-2*time.Hour).Unix()), set("exp", now.Add(-time.Hour).Unix())),
		"expired a moment ago":                  p.signs("1900013511", set("exp", now.Add(-2*time.Second).Unix())),
		"no exp":                                p.signs("1900013511", without("exp")),
		"exp in a year":                         p.signs("1900013511", set("exp", now.AddDate(1, 0, 0).Unix())),
		"exp a minute over the hour":            p.signs("1900013511", set("exp", now.Add(61*time.Minute).Unix())),
		"exp beyond all time":                   p.signs("1900013511", set("exp", 1e18)),
		"no iat":                                p.signs("1900013511", without("iat")),
		"iat to come":                           p.signs("1900013511", set("iat", now.Add(2*time.Hour).Unix()), set("exp", now.Add(3*time.Hour).Unix())),
		"nbf to come":                           p.signs("1900013511", set("nbf", now.Add(time.Hour).Unix())),
		"no merchant":                           p.signs("1900013511", without("sub")),
		"an empty merchant":                     p.signs(""),
		"a merchant that is no reference":       p.signs("1900013511 OR 1=1"),
		"a merchant that is a number":           p.signs("1900013511", set("sub", 1900013511)),
		"a merchant that is a card":             p.signs("6222020200112230"),
		"a telephone that is not masked":        p.signs("1900013511", set("phone_masked", "13812340042")),
		"serial numbers that are markup":        p.signs("1900013511", set("sns", []string{"<img src=x>"})),
		"too many serial numbers":               p.signs("1900013511", set("sns", slices.Repeat([]string{"N910"}, 21))),
		"too long":                              p.signs("1900013511", set("name", strings.Repeat("店", 2000))),
		"replayed: a jti that was used":         once,
		"replayed: the jti in another identity": p.signs("1900013512", set("jti", "j-1")),
		"a jti beyond measure":                  p.signs("1900013511", set("jti", strings.Repeat("j", 129))),
		"a token of ours":                       p.visitor().token,
		"no token at all":                       "x",
		"four parts":                            good + ".x",
		"not base64":                            part[0] + "." + part[1] + ".!!!",
		"standard base64 with padding":          part[0] + "." + part[1] + "." + part[2] + "=",
	}
	if len(tests) < 40 {
		t.Errorf("only %d cases", len(tests))
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		token := tests[name]
		t.Run(name, func(t *testing.T) {
			if r := p.session(token, ""); r.status != 401 || r.Code != "identity" || r.Token != "" {
				t.Errorf("session: %d %s", r.status, r.raw)
			}
			if r := p.do(request{method: "POST", path: "/identify", token: p.session("", "").Token, body: map[string]string{"jwt": token}}); r.status != 401 || r.Code != "identity" {
				t.Errorf("identify: %d %s", r.status, r.raw)
			}
		})
	}
	if strings.Contains(p.logs.String(), p.secret) || strings.Contains(p.logs.String(), "1900013511") {
		t.Error("the log holds a secret or a merchant's number")
	}

	// What is good is good: by both algorithms, at the edges of time, and among several audiences.
	for name, token := range map[string]string{
		"HS256": good, "EdDSA": sealed(t, jwt.SigningMethodEdDSA, p.private, p.ed.KID, who("1900013511")),
		"no names": p.signs("1900013511", without("name"), without("phone_masked"), without("sns"), without("iss")),
		"list":     p.signs("1900013511", set("aud", []string{"x", "portal"})), "15 digits": p.signs("822100058120002"),
		"skew": p.signs("1900013511", set("iat", now.Add(20*time.Second).Unix()), set("exp", now.Add(20*time.Second+time.Hour).Unix())),
	} {
		if r := p.session(token, ""); r.status != 200 || !strings.Contains(r.raw, `"verified":true`) {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
	}

	// While keys change over both are good; then the old one is not, nor the sessions that came by it.
	v := p.in(p.session(good, ""))
	p.sites(p.hs, p.next)
	next := sealed(t, jwt.SigningMethodHS256, []byte(p.second), p.next.KID, who("1900013511"))
	if a, b := p.session(good, ""), p.session(next, ""); a.status != 200 || b.status != 200 || a.Conv != b.Conv {
		t.Errorf("both keys: %d %d", a.status, b.status)
	}
	open, _ := v.live(0)
	p.sites(p.next)
	if code := open.closed(); code != 4401 {
		t.Errorf("an open socket by the old key: %d", code)
	}
	if a, b, c := p.session(good, ""), p.session(next, ""), v.get("/history"); a.status != 401 || b.status != 200 || c.status != 401 {
		t.Errorf("after the change: old %d, new %d, a session by the old one %d", a.status, b.status, c.status)
	}
	if code := p.dial("", v.hello(0)).closed(); code != 4401 {
		t.Errorf("a socket by the old key: %d", code)
	}
}

func flip(s string) string {
	b, _ := base64.RawURLEncoding.DecodeString(s)
	b[0] ^= 1
	return base64.RawURLEncoding.EncodeToString(b)
}

// stored is a conversation as the database has it.
func (w *world) stored(id string) bot.Conversation {
	w.t.Helper()
	c, err := w.store.ConversationByID(w.t.Context(), id)
	must(w.t, err)
	return c
}

// A merchant has one conversation at a site, on every device; what he said before he was known stays apart.
func TestIdentityBinds(t *testing.T) {
	p := newPortal(t)
	anonymous := p.in(p.session("", ""))
	anonymous.says("刷不了卡")
	anonymous.send(map[string]any{"t": "act", "cid": "h", "name": "escalate"})
	if c := p.stored(anonymous.conv); c.Holder.Kind != bot.HolderQueue {
		t.Fatalf("the holder is %+v", c.Holder)
	}

	r := p.session(p.signs("demo-2"), anonymous.token)
	a := p.in(r)
	if a.conv == anonymous.conv || r.Last != 0 || !strings.Contains(r.raw, `"merchant":{"name":"川味小馆"}`) {
		t.Fatalf("the merchant's session: %s", r.raw)
	}
	if c := p.stored(anonymous.conv); c.Holder.Kind == bot.HolderQueue || c.Binding != nil {
		t.Errorf("what he left behind: holder %+v, binding %+v", c.Holder, c.Binding)
	}
	if _, err := p.store.ConversationByID(t.Context(), a.conv); err == nil {
		t.Error("opening the chat made a conversation")
	}
	a.says("POS机显示商户状态异常")
	c := p.stored(a.conv)
	if b := c.Binding; b == nil || b.Merchant != "demo-2" || b.Proof != bot.ProofPage || b.Phone != "138****0042" || b.SNs != "N910-1" {
		t.Fatalf("the binding is %+v", b)
	}
	for _, l := range a.lines() {
		if l.Text == "刷不了卡" {
			t.Error("an anonymous line came into the merchant's conversation")
		}
	}

	// Another device: the same conversation. Two that begin at once begin one.
	b := p.in(p.session(p.signs("demo-2"), ""))
	b.cids = 50
	if b.conv != a.conv || b.says("还是不行") <= 2 {
		t.Error("the history did not follow the merchant")
	}
	x, y := p.in(p.session(p.signs("demo-3"), "")), p.in(p.session(p.signs("demo-3"), ""))
	x.says("机器休眠了")
	y.cids = 50
	if y.says("喂"); x.conv != y.conv || len(y.lines()) < 3 || x.conv == a.conv {
		t.Error("two devices have two conversations")
	}

	// At another site he is somebody else.
	o := p.do(request{method: "POST", path: "/session", body: map[string]string{"site": "other",
		"jwt": sealed(t, jwt.SigningMethodHS256, []byte(p.otherSecret), p.other.KID, who("demo-2", set("aud", "other")))}})
	if o.status != 200 || o.Conv == a.conv {
		t.Errorf("another site: %d %s", o.status, o.raw)
	}

	// A verified token is no way back in, and reads nobody else's conversation.
	if r := p.session("", a.token); r.status != 401 || r.Code != "identity" {
		t.Errorf("resuming a verified token: %d %s", r.status, r.raw)
	}
	if r := p.do(request{method: "GET", path: "/history?conv=" + x.conv, token: a.token}); r.status != 403 {
		t.Errorf("another merchant's history: %d", r.status)
	}

	// He takes the binding back and keeps it so, until his page says anew who he is.
	a.says("解除绑定")
	if a.says("您好"); p.stored(a.conv).Binding != nil {
		t.Error("a binding came back by itself")
	}
	again := p.in(p.session(p.signs("demo-2"), ""))
	if b := p.stored(again.conv).Binding; b == nil || b.Proof != bot.ProofPage {
		t.Errorf("the page said anew who he is: %+v", b)
	}

	// Who speaks for another one in between, by a demo word, is the page's merchant again with the next signature.
	a.says("演示商户 4")
	if b := p.stored(a.conv).Binding; b.Merchant != "demo-4" {
		t.Fatalf("the demo word: %+v", b)
	}
	p.in(p.session(p.signs("demo-2"), ""))
	if b := p.stored(a.conv).Binding; b == nil || b.Merchant != "demo-2" {
		t.Errorf("the old binding stayed: %+v", b)
	}
}

// A trouble that waits for who the merchant is goes on when the page says it in the middle of the talk.
func TestIdentityInTheTalk(t *testing.T) {
	p := newPortal(t)
	v := p.in(p.session(p.signs("demo-2"), ""))
	v.says("POS机显示商户状态异常")
	v.says("解除绑定")
	v.says("POS机显示商户状态异常")
	n := len(v.lines())
	p.in(p.session(p.signs("demo-2"), ""))
	lines := v.lines()
	if len(lines) == n || !strings.Contains(lines[n].Text, "川味小馆") {
		t.Errorf("nothing was told: %d lines, then %d", n, len(lines))
	}
	// The same identity, opened once more, says nothing.
	n = len(lines)
	if p.in(p.session(p.signs("demo-2"), "")); len(v.lines()) != n {
		t.Error("a page that was opened again made the bot speak")
	}
}

// A session ends with the identity.
func TestIdentityExpires(t *testing.T) {
	p := newPortal(t)
	v := p.in(p.session(p.signs("demo-2", set("exp", time.Now().Add(3*time.Second).Unix())), ""))
	x, _ := v.live(0)
	if code := x.closed(); code != 4401 {
		t.Errorf("the socket closed with %d", code)
	}
	if r := v.get("/history"); r.status != 401 {
		t.Errorf("history: %d", r.status)
	}
	if r := p.session("", v.token); r.status != 401 || r.Code != "identity" {
		t.Errorf("resume: %d %s", r.status, r.raw)
	}
	if r := p.session(p.signs("demo-2"), v.token); r.status != 200 || r.Conv != v.conv {
		t.Errorf("a fresh identity: %d %s", r.status, r.raw)
	}
}

// What is said without a signature is shown to people and decides nothing.
func TestUnproven(t *testing.T) {
	p := newPortal(t)
	v := p.in(p.session("", ""))
	claim := map[string]string{"name": "演示商户 2", "sn": "N910-1", "phone": "6222 0202 0011 2230", "model": strings.Repeat("长", 300), "page": "https://shop.example/a?jwt=x#y", "last_error": "58\u202e\n\x00"}
	v.send(map[string]any{"t": "msg", "cid": "a", "text": "刷不了卡", "ctx": claim})
	c := p.stored(v.conv)
	if c.Binding != nil || c.Unproven == nil {
		t.Fatalf("binding %+v, unproven %+v", c.Binding, c.Unproven)
	}
	u := *c.Unproven
	if u.Page != "https://shop.example/a" || u.LastError != "58" || strings.Contains(u.Phone, "0011") || len([]rune(u.Model)) > 101 {
		t.Errorf("it was kept as %+v", u)
	}
	for _, page := range []string{"javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "x"} {
		v.do(request{method: "POST", path: "/context", token: v.token, body: map[string]string{"page": page, "sn": "1"}})
		if got := p.stored(v.conv).Unproven.Page; got != "" {
			t.Errorf("the page %q was kept as %q", page, got)
		}
	}
	if r := p.do(request{method: "POST", path: "/context", body: claim}); r.status != 401 {
		t.Errorf("without a token: %d", r.status)
	}
}

// A sandboxed frame has no origin. Only a site that wants it takes one, and then the others do not.
func TestOpaqueOrigin(t *testing.T) {
	w := newWorld(t)
	w.channel.SetSites([]web.Site{{ID: "open", Opaque: true, Origins: []string{shop}}, {ID: "shut", Origins: []string{shop, "null"}}})
	for site, want := range map[string]int{"open": 200, "shut": 403} {
		r := w.do(request{method: "POST", path: "/session", origin: "null", from: "203.0.113.9:1", body: map[string]string{"site": site}})
		if r.status != want {
			t.Errorf("%s: %d %s", site, r.status, r.raw)
		}
		if want == 200 {
			if f := w.dial("null", map[string]any{"t": "hello", "token": r.Token}).next(); f.T != "welcome" || r.header.Get("Access-Control-Allow-Origin") != "null" {
				t.Errorf("%s: %s, %v", site, f.raw, r.header)
			}
		}
	}
	shut := w.do(request{method: "POST", path: "/session", origin: shop, from: "203.0.113.9:1", body: map[string]string{"site": "shut"}})
	if code := w.dial("null", map[string]any{"t": "hello", "token": shut.Token}).closed(); code != 4403 {
		t.Errorf("a sandboxed frame with the token of another site: %d", code)
	}
}

// Sites change while the server runs.
func TestSitesChange(t *testing.T) {
	w := newWorld(t)
	v := w.visitor()
	session := func() int {
		return w.do(request{method: "POST", path: "/session", origin: shop, from: "203.0.113.9:1", body: map[string]string{"site": "fresh"}}).status
	}
	if got := session(); got != 404 {
		t.Errorf("before: %d", got)
	}
	open, _ := v.live(0)
	w.channel.SetSites([]web.Site{{ID: "fresh", Origins: []string{shop}}})
	if code := open.closed(); code != 4401 {
		t.Errorf("an open socket of a site that is gone: %d", code)
	}
	if got := session(); got != 200 {
		t.Errorf("after: %d", got)
	}
	if r := v.get("/poll"); r.status != 401 {
		t.Errorf("a token of a site that is gone: %d", r.status)
	}
}

func TestOriginIsExact(t *testing.T) {
	for in, want := range map[string]string{
		"https://portal.example.com": "https://portal.example.com", "https://PORTAL.example.com/": "https://portal.example.com", "https://a.example:443": "https://a.example",
		"https://a.example:8443": "https://a.example:8443", "http://127.0.0.1:8000": "http://127.0.0.1:8000", "http://localhost": "http://localhost", "http://[::1]:81": "http://[::1]:81",
		"http://a.example": "", "https://*.example.com": "", "*": "", "null": "", "https://a.example/x": "", "https://u:p@a.example": "", "https://a.example?x": "", "https://a.example#x": "",
		"a.example": "", "ftp://a.example": "", "https://": "", "https://a.example:0": "", "https://a.example:99999": "", "https://a.example:": "", "https://商户.example": "", "file:///x": "",
		"https://a.example.": "", "javascript:alert(1)": "", "https://a.example;sandbox": "", "https://a.example,https://b.example": "", "https://'self'": "", "https://a..example": "",
		"https://-a.example": "", "https://10.0.0.7:8443": "https://10.0.0.7:8443", "http://[::1%25lo]": "",
	} {
		if got, err := web.Origin(in); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v, want %q", in, got, err, want)
		}
	}
}

func TestSiteIsValid(t *testing.T) {
	good := func(f func(*web.Site)) error {
		s := web.Site{ID: "st_1", Name: "商户平台", Color: "#0b5f66"}
		f(&s)
		return s.Validate()
	}
	if err := good(func(*web.Site) {}); err != nil {
		t.Error(err)
	}
	for name, f := range map[string]func(*web.Site){
		"id": func(s *web.Site) { s.ID = "../x" }, "no name": func(s *web.Site) { s.Name = " " }, "origin": func(s *web.Site) { s.Origins = []string{"*"} },
		"pale": func(s *web.Site) { s.Color = "#ffff00" }, "no colour": func(s *web.Site) { s.Color = "red;}" }, "title": func(s *web.Site) { s.Title = "a\nb" },
		"topics": func(s *web.Site) { s.Topics = slices.Repeat([]string{"x"}, 7) }, "long topic": func(s *web.Site) { s.Topics = []string{strings.Repeat("x", 41)} },
		"position": func(s *web.Site) { s.Position = "top" }, "theme": func(s *web.Site) { s.Theme = "blue" }, "locale": func(s *web.Site) { s.Locale = "fr" },
		"texts": func(s *web.Site) { s.Texts = map[string]string{"a b": "x"} },
	} {
		if err := good(f); web.IsSiteError(err) == nil {
			t.Errorf("%s was taken: %v", name, err)
		}
	}
}

// odd is a point whose coordinate is a number near the field's prime.
func odd(low byte) string {
	return base64.StdEncoding.EncodeToString(slices.Concat([]byte{low}, bytes.Repeat([]byte{0xff}, 30), []byte{0x7f}))
}

func TestPublicKeys(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	der, _ := x509.MarshalPKIXPublicKey(public)
	secret, _ := x509.MarshalPKCS8PrivateKey(private)
	x := base64.RawURLEncoding.EncodeToString(public)
	for name, in := range map[string]string{"PEM": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), "JWK": `{"kty":"OKP","crv":"Ed25519","x":"` + x + `"}`,
		"base64": base64.StdEncoding.EncodeToString(public), "base64url": x} {
		if k, s, err := web.NewKey(web.AlgEdDSA, in); err != nil || s != "" || k.Secret != base64.StdEncoding.EncodeToString(public) {
			t.Errorf("%s: %+v %q %v", name, k, s, err)
		}
	}
	for name, in := range map[string]string{"private PEM": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})), "private JWK": `{"kty":"OKP","crv":"Ed25519","x":"` + x + `","d":"x"}`,
		"short": "AAAA", "zero": base64.StdEncoding.EncodeToString(make([]byte, 32)), "one": base64.StdEncoding.EncodeToString(append([]byte{1}, make([]byte, 31)...)), "none": "",
		"zero, spelt otherwise": odd(0xed), "one, spelt otherwise": odd(0xee), "minus one": odd(0xec)} {
		if _, _, err := web.NewKey(web.AlgEdDSA, in); web.IsSiteError(err) == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// A poll that waits while its visitor's key is taken out brings nothing of what comes then.
func TestRevokedWhileItWaits(t *testing.T) {
	p := newPortal(t)
	v := p.in(p.session(p.signs("demo-2"), ""))
	v.says("您好")
	last := len(v.lines())
	got := make(chan reply, 1)
	go func() { got <- v.get("/poll?wait=20&last=" + strconv.Itoa(last)) }()
	time.Sleep(100 * time.Millisecond) // the poll is under way
	p.sites(p.ed)
	c, err := v.store.ConversationByID(t.Context(), v.conv)
	must(t, err)
	_, err = v.service.HandleID(t.Context(), v.conv, bot.Event{Kind: bot.EventClaim, Agent: agent, Epoch: c.Epoch})
	must(t, err)
	select {
	case r := <-got:
		if r.status != 401 || len(r.Events) > 0 {
			t.Errorf("the poll got %d %s", r.status, r.raw)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the poll still waits")
	}
}

// What is proven by a signature was proven when it was taken, not when its merchant first writes.
func TestProofIsAsOldAsTheIdentity(t *testing.T) {
	p := newPortal(t)
	v := p.in(p.session(p.signs("demo-2"), ""))
	at := p.now()
	p.turn(40 * time.Minute)
	v.says("您好")
	c, err := v.store.ConversationByID(t.Context(), v.conv)
	must(t, err)
	if b := c.Binding; b == nil || at.Sub(time.UnixMilli(b.At)).Abs() > 5*time.Second {
		t.Errorf("taken at %v, the binding is %+v", at.UnixMilli(), b)
	}
}
