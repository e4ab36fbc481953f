package wechat

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"

	"posdoctor/channels/wechat/wechattest"
)

func TestCutAt(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		max  int
		want string
	}{
		"after a line":                   {"第一行很长很长\n第二句。第三句", 40, "第一行很长很长\n"},
		"after a sentence":               {"第一句话。第二句话，还有下文下文", 30, "第一句话。"},
		"quote stays closed":             {"他说：“好的。”然后走了走了走了", 27, "他说：“好的。”"},
		"after a clause":                 {"没有句号，还有下文下文下文下文", 24, "没有句号，"},
		"between words":                  {"response code fiftyeight", 18, "response code "},
		"not inside a code":              {"这里写着代码SN12345678", 27, "这里写着代码"},
		"not inside a URL":               {"请打开 https://help.example.cn/pos/58?a=1 查看", 30, "请打开 "},
		"URL that just fits":             {"请看 https://a.cn/58 后面还有", 22, "请看 https://a.cn/58"},
		"URL longer than all":            {"https://a.cn/" + strings.Repeat("x", 50), 20, "https://a.cn/xxxxxxx"},
		"one character to eyes":          {"abc👩‍👩‍👧‍👦", 12, "abc"},
		"no seam at all":                 {strings.Repeat("中", 20), 10, "中中中"},
		"word longer than all":           {strings.Repeat("x", 50), 20, strings.Repeat("x", 20)},
		"a seam too early counts little": {"好。" + strings.Repeat("中", 40), 60, "好。" + strings.Repeat("中", 18)},
	} {
		t.Run(name, func(t *testing.T) {
			if n := cutAt(tc.text, tc.max); tc.text[:n] != tc.want {
				t.Errorf("%q, want %q", tc.text[:n], tc.want)
			}
		})
	}
}

// FuzzPages: whatever is said, each page fits, and the pages together say it all.
func FuzzPages(f *testing.F) {
	f.Add("短句。", "https://a.cn/"+strings.Repeat("x", 300), 40)
	f.Add(strings.Repeat("很长的一句话，没有完。", 200), "👩‍👩‍👧‍👦", 3)
	f.Add(strings.Repeat("x", 5000), " \n ", 1)
	f.Add("a\xff\x00<a href='x'>", strings.Repeat("https://a.cn/? ", 300), 9)
	f.Fuzz(func(t *testing.T, a, b string, times int) {
		if len(a)+len(b) > 20_000 {
			t.Skip("longer than a line may be")
		}
		left := []line{{seq: 1, words: strings.TrimSpace(neutral(a))}, {seq: 2}, {seq: 3, words: strings.TrimSpace(neutral(b))}}
		for i := range min(max(times, 0), 5) {
			left = append(left, line{seq: int64(4 + i), words: strings.TrimSpace(neutral(a + b))})
		}
		var want, got strings.Builder
		for _, l := range left {
			want.WriteString(l.text())
		}
		for range 200 {
			p := pack(left, maxText)
			if len(p.text) > maxText || !utf8.ValidString(p.text) {
				t.Fatalf("page of %d bytes", len(p.text))
			}
			got.WriteString(p.text)
			if !p.more {
				break
			}
			if len(p.lines) == 0 || p.rest != "" && len(p.rest) >= len(p.lines[len(p.lines)-1].text()) {
				t.Fatalf("no progress: %+v", p)
			}
			for len(left) > 0 && left[0].seq <= p.last() {
				left = left[1:]
			}
			if p.rest != "" {
				left = append([]line{{seq: p.last(), words: p.rest}}, left...)
			}
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if squeeze(got.String()) != squeeze(want.String()) {
			t.Fatalf("said %q, want %q", got.String(), want.String())
		}
	})
}

// FuzzCutURL: a URL is never cut.
func FuzzCutURL(f *testing.F) {
	f.Add("请打开", "help.example.cn/58?a=1", strings.Repeat("查看。", 30), 10)
	f.Add(strings.Repeat("打开", 40), "help.example.cn/58?a=1", "查看。", 200)
	f.Fuzz(func(t *testing.T, before, path, after string, max int) {
		for _, r := range path {
			if r <= ' ' || r > '~' {
				t.Skip("not a URL")
			}
		}
		if max = max%2000 + 60; len(path) > 40 || path == "" || max < 60 || len(before) > 4000 || link.MatchString(before) {
			t.Skip()
		}
		before, after = neutral(before)+" ", " "+neutral(after)
		url := "https://" + path
		s := before + url + after
		if len(s) <= max {
			t.Skip("fits")
		}
		n := cutAt(s, max)
		if n > len(before) && n < len(before)+len(url) {
			t.Fatalf("cut at %q|%q", s[:n], s[n:])
		}
	})
}

// FuzzPush: no body brings the parser down, and what it takes is complete and clean.
func FuzzPush(f *testing.F) {
	p := wechattest.Peer{}
	f.Add(wechattest.XML(p.Message("o", "text", field("Content", "a]]>b"))...))
	f.Add([]byte("<xml><ScanCodeInfo><ScanType>q</ScanType></ScanCodeInfo><Event>CLICK</Event></xml>"))
	f.Add([]byte("<xml><Event>scancode_waitmsg</Event><ScanCodeInfo>a<ScanResult>1<b>2</b></ScanResult><ScanResult>3</ScanResult></ScanCodeInfo></xml>"))
	f.Add([]byte("<!DOCTYPE r [<!ENTITY x 'y'>]><xml>&x;</xml>"))
	f.Add([]byte("<xml>" + strings.Repeat("<a>", 100)))
	f.Add([]byte("\xef\xbb\xbf<xml/>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := parsePush(body)
		if err != nil {
			return
		}
		for _, s := range []string{got.FromUserName, got.Content, got.EventKey, got.MsgId, got.MediaId, got.Title, got.Label, got.ScanResult} {
			if clean(s) != s && !strings.Contains(s, "\r") {
				t.Fatalf("not clean: %q", s)
			}
		}
		if got.complete() == nil {
			if e := got.event("wx1"); e.Key == "" || len(e.Key) > 1000 {
				t.Fatalf("key %q", e.Key)
			}
		}
	})
}

// FuzzSeal: whatever is said, the reply is XML that says just that.
func FuzzSeal(f *testing.F) {
	c, err := New(safe(), newDesk().deps())
	if err != nil {
		f.Fatal(err)
	}
	f.Add("a]]>b", "o]]>")
	f.Add("]]]]>>\x00\ufffe", "\r\n")
	f.Fuzz(func(t *testing.T, text, to string) {
		text = neutral(text)
		body, err := c.seal(envelope{to: to, from: "gh"}, text)
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ Content, ToUserName string }
		if err := xml.NewDecoder(bytes.NewReader(body)).Decode(&got); err != nil || got.Content != text || got.ToUserName != clean(to) {
			t.Fatalf("%q %v in %s", got, err, body)
		}
	})
}
