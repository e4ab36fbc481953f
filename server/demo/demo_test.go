package demo

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"posdoctor/channels/wechat/wechattest"
)

func TestStartRefuses(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "example.com:80", "127.0.0.1", ""} {
		if w, err := Start(addr); err == nil {
			w.Close()
			t.Errorf("%q is taken", addr)
		}
	}
	w, err := Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if other, err := Start(strings.TrimPrefix(w.URL(), "http://")); err == nil {
		other.Close()
		t.Error("an address is taken twice")
	}
}

// TestWeChat: the API is there at once, the page when there is a server, and what is said on it is pushed to that server's callbacks
// with the credentials of the options.
func TestWeChat(t *testing.T) {
	w, err := Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	account, kf := w.Account(), w.CustomerService()
	if len(account["wechat-aes-key"]) != 43 || len(kf["wechat-kf-aes-key"]) != 43 || account["wechat-aes-key"] == kf["wechat-kf-aes-key"] {
		t.Errorf("keys %q %q", account["wechat-aes-key"], kf["wechat-kf-aes-key"])
	}
	body, _ := json.Marshal(map[string]string{"grant_type": "client_credential", "appid": account["wechat-app-id"], "secret": account["wechat-app-secret"]})
	if got := answer(t, "POST", account["wechat-api-url"]+"/cgi-bin/stable_token", "", string(body)); !strings.Contains(got, "access_token") {
		t.Errorf("token: %s", got)
	}
	if got := answer(t, "GET", kf["wechat-kf-api-url"]+"/cgi-bin/gettoken?corpid="+kf["wechat-kf-corp-id"]+"&corpsecret="+kf["wechat-kf-secret"], "", ""); !strings.Contains(got, "access_token") {
		t.Errorf("token of Customer Service: %s", got)
	}
	if got := answer(t, "GET", w.URL()+"/", "", ""); got != "starting\n" {
		t.Errorf("page before the server: %q", got)
	}

	paths := make(chan string, 8)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		token := account["wechat-token"]
		if r.URL.Path == "/wechat/kf/callback" {
			token = kf["wechat-kf-token"]
		}
		body, _ := io.ReadAll(r.Body)
		_, sealed, _ := strings.Cut(string(body), "<Encrypt><![CDATA[")
		sealed, _, _ = strings.Cut(sealed, "]]>")
		if q.Get("msg_signature") == wechattest.Sign(token, q.Get("timestamp"), q.Get("nonce"), sealed) {
			paths <- r.URL.Path
		}
	}))
	defer server.Close()
	w.Connect(server.URL)
	if got := answer(t, "GET", w.URL()+"/", "", ""); !strings.Contains(got, "模拟微信") {
		t.Errorf("page: %.100s", got)
	}
	for _, tab := range []string{"oa", "kf"} {
		answer(t, "POST", w.URL()+"/act", w.URL(), `{"tab":"`+tab+`","do":"say","text":"刷不了卡"}`)
	}
	close(paths)
	var got []string
	for p := range paths {
		got = append(got, p)
	}
	if s := strings.Join(got, " "); s != "/wechat/callback /wechat/kf/callback" {
		t.Errorf("pushed to %s", s)
	}
}

func answer(t *testing.T, method, url, origin, body string) string {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if origin != "" {
		req.Header.Set("Origin", origin)
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, _ := io.ReadAll(res.Body)
	return string(data)
}
