package wechat

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestSpeech: what a recogniser is asked, and which answers count.
func TestSpeech(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		answer string
		want   string // "" for an error
	}{
		"words":               {200, `{"text":"刷卡提示五十八","confidence":0.9}`, "刷卡提示五十八"},
		"escaped":             {200, `{"text":"\u5237\u5361"}`, "刷卡"},
		"error":               {500, `{"text":"x"}`, ""},
		"elsewhere":           {302, ``, ""},
		"a page":              {200, `<html>`, ""},
		"nothing":             {200, ``, ""},
		"another form":        {200, `{"result":"x"}`, ""},
		"words of no text":    {200, `{"text":["x"]}`, ""},
		"null":                {200, `{"text":null}`, ""},
		"no UTF-8":            {200, "{\"text\":\"\xff\"}", ""},
		"70 KiB":              {200, `{"text":"` + strings.Repeat("x", 70<<10) + `"}`, ""},
		"endless":             {200, strings.Repeat("[", 1<<20), ""},
		"deep":                {200, strings.Repeat("[", 60<<10), ""},
		"two in one":          {200, `{"text":"a"}{"text":"b"}`, ""},
		"a number for a text": {200, `{"text":58}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if r.Method != http.MethodPost || r.URL.Path != "/recognise" || r.Header.Get("Authorization") != "Bearer key-of-speech" ||
					r.Header.Get("Content-Type") != "audio/amr" || string(body) != "#!AMR\n" {
					t.Errorf("asked %s %s %q %q", r.Method, r.URL, r.Header, body)
				}
				w.Header().Set("Location", "https://evil.example/")
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.answer)
			}))
			defer far.Close()
			s, err := NewSpeech(far.URL+"/recognise", "key-of-speech")
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Recognise(t.Context(), []byte("#!AMR\n"), "audio/amr")
			if got != tc.want || (err == nil) != (tc.want != "") {
				t.Errorf("%q, %v; want %q", got, err, tc.want)
			}
			if err != nil && (strings.Contains(err.Error(), "key-of-speech") || strings.Contains(err.Error(), far.URL) || strings.Contains(err.Error(), "html")) {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
}

// TestSpeechHangs: who does not answer is given up.
func TestSpeechHangs(t *testing.T) {
	far := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer far.Close()
	s, err := NewSpeech(far.URL, "")
	if err != nil || s.client.Timeout != 10*time.Second {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.Recognise(ctx, []byte("x"), "audio/amr"); err == nil || strings.Contains(err.Error(), far.URL) {
		t.Error(err)
	}
}

// TestSpeechAddress: voices leave the machine over https only.
func TestSpeechAddress(t *testing.T) {
	for address, ok := range map[string]bool{"https://speech.example.com/v1?lang=zh": true, "http://127.0.0.1:9000/asr": true, "http://localhost:1": true, "http://[::1]:1": true,
		"http://speech.example.com": false, "http://10.0.0.1": false, "ftp://127.0.0.1": false, "speech": false, "": false, "https://user:pw@x": false} {
		if _, err := NewSpeech(address, ""); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}
