package wechattest

import (
	"embed"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

//go:embed page
var pageFiles embed.FS

// Page shows the phones to a person at this machine: he writes and taps, and sees beside them what went over the wire and what may
// still be sent. It serves
//
//	GET  /         the page, and its files beside it
//	GET  /live     what happens, as server-sent events, see pagelive.go
//	POST /act      {"tab":"oa","do":"say","text":"刷不了卡"}, see pageact.go
//	POST /image    ?tab=oa: a picture to send
//	GET  /media    ?id=…: a picture that was sent
//
// and refuses everybody who is not on this machine, and every page that is not this one.
type Page struct {
	API   *API
	Phone *Phone
	KF    *KFPhone // nil: the account has no Customer Service
}

// pagePolicy: own files only, nothing inline, in nobody's frame.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; " +
	"base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// maxPicture is what a phone sends.
const maxPicture = 2 << 20

func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if why := stranger(r); why != "" {
		http.Error(w, why, http.StatusForbidden)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /live":
		p.live(w, r)
	case "POST /act":
		p.act(w, r)
	case "POST /image":
		p.image(w, r)
	case "GET /media":
		p.media(w, r)
	case "GET /":
		p.file(w, "index.html")
	default:
		if r.Method != http.MethodGet {
			http.Error(w, "no such route", http.StatusNotFound)
			return
		}
		p.file(w, strings.TrimPrefix(r.URL.Path, "/"))
	}
}

// stranger says why a request is not served, "" when it is. A name that leads to this machine is not enough: it may be somebody
// else's, whose page then writes as this one.
func stranger(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err != nil || !loopback(host) {
		return "only from this machine"
	}
	if !loopback(hostOnly(r.Host)) {
		return "only under 127.0.0.1 or localhost"
	}
	if s := r.Header.Get("Sec-Fetch-Site"); r.Method != http.MethodGet && s != "" && s != "same-origin" {
		return "only from its own page"
	}
	if r.Method == http.MethodPost {
		o, err := url.Parse(r.Header.Get("Origin"))
		if err != nil || o.Scheme != "http" || o.Host != r.Host {
			return "only from its own page"
		}
	}
	return ""
}

func hostOnly(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (p *Page) file(w http.ResponseWriter, name string) {
	kind := map[string]string{".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}[path.Ext(name)]
	data, err := pageFiles.ReadFile("page/" + path.Clean(name))
	if err != nil || kind == "" {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(data)
}

// media gives a picture that one of the phones sent or got, and nothing that a browser would run.
func (p *Page) media(w http.ResponseWriter, r *http.Request) {
	data, kind, ok := p.API.Media(r.URL.Query().Get("id"))
	if !ok || !slices.Contains([]string{"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp"}, kind) {
		http.Error(w, "no such picture", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(data)
}

func (p *Page) image(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPicture))
	switch {
	case err != nil:
		pageFault(w, http.StatusRequestEntityTooLarge, "图片太大，最多 2 MB。")
		return
	case !strings.HasPrefix(typeOf(data), "image/"):
		pageFault(w, http.StatusBadRequest, "这不是图片。")
		return
	}
	p.finish(w, func() (Push, error) {
		if r.URL.Query().Get("tab") == tabKF && p.KF != nil {
			return p.KF.SendImage(data)
		}
		return p.Phone.SendImage(data)
	})
}

// finish does what the user did and answers when WeChat is through with it. That the callback failed is no fault of the request: it
// stands on the screen.
func (p *Page) finish(w http.ResponseWriter, do func() (Push, error)) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute))
	push, err := do()
	if errors.Is(err, ErrNotFollowing) {
		pageFault(w, http.StatusConflict, "没有关注公众号，先点「关注」。")
		return
	}
	if err != nil && push.N == 0 {
		pageFault(w, http.StatusConflict, "现在做不了："+err.Error())
		return
	}
	writeJSON(w, push)
}

// pageFault answers with a sentence that the page shows.
func pageFault(w http.ResponseWriter, status int, words string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": words})
}

// readJSON reads the body of an act. A form of another page cannot send this type.
func readJSON(w http.ResponseWriter, r *http.Request, v any) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if kind != "application/json" || err != nil || json.Unmarshal(body, v) != nil {
		pageFault(w, http.StatusBadRequest, "请求的格式不对，请刷新页面。")
		return false
	}
	return true
}
