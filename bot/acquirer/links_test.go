package acquirer

import (
	"strings"
	"testing"
)

func TestLinks(t *testing.T) {
	hosts, err := ReadLinks("help.example.com, .lanqiao.example,KF.QQ.com")
	if err != nil {
		t.Fatal(err)
	}
	for link, want := range map[string]string{
		"https://help.example.com/recover?case=LQ-R1#top": "https://help.example.com/recover?case=LQ-R1#top",
		"https://HELP.example.com/":                       "https://help.example.com/",
		"https://help.example.com":                        "https://help.example.com",
		"https://kf.qq.com/a":                             "https://kf.qq.com/a",
		"https://a.lanqiao.example/x":                     "https://a.lanqiao.example/x",
		"https://a.b.lanqiao.example/x":                   "https://a.b.lanqiao.example/x",

		"":                                                     "",
		"http://help.example.com/":                             "", // not secure
		"HTTPS://help.example.com/":                            "https://help.example.com/",
		"//help.example.com/":                                  "",
		"help.example.com":                                     "",
		"javascript:alert(1)":                                  "",
		"https:help.example.com":                               "",
		"https:/help.example.com":                              "",
		"https:///help.example.com":                            "",
		"https://example.com/":                                 "", // another host
		"https://lanqiao.example/":                             "", // not below it
		"https://xlanqiao.example/":                            "",
		"https://help.example.com.evil.cn/":                    "",
		"https://evil.cn/help.example.com":                     "",
		"https://evil.cn?help.example.com":                     "",
		"https://help.example.com@evil.cn/":                    "", // user
		"https://user:pass@help.example.com/":                  "",
		"https://help.example.com:443/":                        "", // port
		"https://help.example.com:8443/":                       "",
		"https://help.example.com:/":                           "",
		"https://help.example.com./":                           "",
		"https://.help.example.com/":                           "",
		"https://help.example.com%2f@evil.cn/":                 "",
		"https://help.example.com\\@evil.cn/":                  "",
		"https://help%2eexample.com/":                          "",
		"https://hеlp.example.com/":                            "", // a Cyrillic letter
		"https://help。example。com/":                            "",
		"https://ｈｅｌｐ.example.com/":                            "",
		"https://xn--hlp-qdd.lanqiao.example/":                 "", // other letters in disguise
		"https://192.0.2.1/":                                   "",
		"https://[::1]/":                                       "",
		"https://help.example.com/\u202ecod.exe":               "",
		"https://help.example.com/a b":                         "",
		"https://help.example.com/\n":                          "",
		"https://help.example.com/<b>":                         "",
		"https://help.example.com/'":                           "",
		"https://help.example.com/?card=6222021234567890128":   "", // a card number
		"https://help.example.com/" + strings.Repeat("a", 300): "",
	} {
		if got := hosts.Show(link); got != want {
			t.Errorf("%q: %q, want %q", link, got, want)
		}
	}
	if got := (Links)(nil).Show("https://help.example.com/"); got != "" {
		t.Errorf("without a list %q is shown", got)
	}
}

func TestReadLinks(t *testing.T) {
	for s, good := range map[string]bool{"": true, "kf.qq.com": true, "a.cn,b.cn": true, ".qq.com": true, ".com": false, "com": false, "*": false, "*.qq.com": false,
		"https://kf.qq.com": false, "kf.qq.com/": false, "kf.qq.com:443": false, "127.0.0.1": false, "客服.cn": false, "xn--a.cn": false, "..qq.com": false, "-a.cn": false} {
		if _, err := ReadLinks(s); (err == nil) != good {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// Whatever an acquirer writes, what is shown is https of a host on the list.
func FuzzLinks(f *testing.F) {
	for _, s := range []string{"https://help.example.com/a?b=c#d", "https://help.example.com@evil.cn/", "https://a.lanqiao.example:443/%2f", "https://help.example.com\\evil"} {
		f.Add(s)
	}
	hosts := Links{"help.example.com", ".lanqiao.example"}
	f.Fuzz(func(t *testing.T, s string) {
		got := hosts.Show(s)
		if got == "" {
			return
		}
		rest, ok := strings.CutPrefix(got, "https://")
		host := rest
		if i := strings.IndexAny(rest, "/?#"); i >= 0 {
			host = rest[:i]
		}
		if !ok || host != "help.example.com" && !strings.HasSuffix(host, ".lanqiao.example") || strings.ContainsAny(host, "@:\\%") || hosts.Show(got) != got {
			t.Errorf("%q is shown as %q", s, got)
		}
	})
}
