package wechattest

import (
	"io"
	"net/http"
	"slices"
	"testing"
)

// TestCasesFail: no case lets both a callback through that takes everything and one that refuses everything.
func TestCasesFail(t *testing.T) {
	// What both may do: take it or refuse it.
	either := []string{"text as JSON", "text that is no UTF-8", "query of another message", "POST with an echostr"}
	urlOf := func(status int, body string) (string, *http.Client) {
		return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
	}
	takes, c1 := urlOf(200, "success")
	refuses, c2 := urlOf(403, "")
	w := Words{Text: "刷卡提示58", Slow: "商户状态异常"}
	names := map[string]bool{}
	for _, mode := range []string{ModePlain, ModeSafe} {
		key := ""
		if mode == ModeSafe {
			key = aesKey
		}
		for _, c := range Cases() {
			if c.Only != "" && c.Only != mode {
				continue
			}
			a := c.Run(&Peer{URL: takes, Token: pushToken, AppID: "wx0123456789abcdef", AESKey: key, Client: c1}, w)
			b := c.Run(&Peer{URL: refuses, Token: pushToken, AppID: "wx0123456789abcdef", AESKey: key, Client: c2}, w)
			if both := a.Fault == "" && b.Fault == ""; both != slices.Contains(either, c.Name) {
				t.Errorf("%s, %s: %+v, %+v", mode, c.Name, a, b)
			}
			names[c.Name] = true
		}
	}
	if len(names) != len(Cases()) || len(names) < 50 {
		t.Errorf("%d names of %d cases", len(names), len(Cases()))
	}
}
