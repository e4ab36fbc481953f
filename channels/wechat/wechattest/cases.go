package wechattest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Case is something that WeChat, or somebody who would like to be taken for it, does to the callback of an Official Account. Run does
// it and says what a callback should not have done.
type Case struct {
	Name string
	Only string // ModePlain, ModeSafe, "" for both
	Run  func(p *Peer, w Words) Verdict
}

// Modes of an account, as cases name them.
const (
	ModePlain = "plain"
	ModeSafe  = "safe"
)

// Words are what the users of the cases write. The callback should answer Text at once. Before and then Slow are written by one user;
// the answer to Slow takes longer than WeChat waits.
type Words struct {
	Text, Before, Slow string
}

// Verdict is how a case went. Fault is "" when it went well; Saw is what came back, for a log.
type Verdict struct {
	Saw   string
	Fault string
}

// Cases are all there are.
func Cases() []Case {
	return []Case{
		// The URL is set up.
		{"check of the URL", "", func(p *Peer, _ Words) Verdict { return echo(p, "5837397520665436224", true) }},
		{"check of the URL, wrong signature", "", func(p *Peer, _ Words) Verdict {
			q := *p
			q.Token = "another"
			return echo(&q, "5837397520665436224", false)
		}},
		{"check of the URL is no web page", "", func(p *Peer, _ Words) Verdict {
			v := echo(p, "<script>alert(1)</script>", true)
			if strings.Contains(v.Saw, "html") {
				v.Fault = "the echo is served as HTML"
			}
			return v
		}},

		// Messages.
		{"text", "", func(p *Peer, w Words) Verdict { return spoken(p, message(p, "text", Field{"Content", w.Text, false})) }},
		{"text in the body of compatible mode", ModeSafe, compatible},
		{"text with the end of CDATA, emoji and rare characters", "", func(p *Peer, _ Words) Verdict {
			return answered(p, message(p, "text", Field{"Content", "a]]>b & <c> 😀𠮷\n\u200b", false}))
		}},
		{"empty text", "", func(p *Peer, _ Words) Verdict { return answered(p, message(p, "text", Field{"Content", "", false})) }},
		{"text as JSON", "", asJSONPush},
		{"text that is no UTF-8", "", func(p *Peer, _ Words) Verdict {
			body := strings.Replace(string(XML(message(p, "text", Field{"Content", "QQQQ", false})...)), "QQ", "\xff\xfe", 1)
			return below500(p.PushXML([]byte(body)))
		}},
		{"picture", "", func(p *Peer, _ Words) Verdict {
			return answered(p, message(p, "image", Field{"PicUrl", "http://mmbiz.qpic.cn/x/0", false}, Field{"MediaId", "MEDIA_IMG1", false}))
		}},
		{"voice, written down", "", func(p *Peer, _ Words) Verdict {
			return answered(p, message(p, "voice", Field{"MediaId", "MEDIA_VOICE1", false}, Field{"Format", "amr", false}, Field{"Recognition", "怎么退货", false}, Field{"MediaId16K", "M16K", false}))
		}},
		{"voice, not written down", "", func(p *Peer, _ Words) Verdict {
			return spoken(p, message(p, "voice", Field{"MediaId", "MEDIA_VOICE2", false}, Field{"Format", "amr", false}, Field{"Recognition", "", false}))
		}},
		{"video", "", func(p *Peer, _ Words) Verdict {
			return answered(p, message(p, "video", Field{"MediaId", "MV", false}, Field{"ThumbMediaId", "MT", false}))
		}},
		{"place", "", func(p *Peer, _ Words) Verdict {
			return answered(p, message(p, "location", Field{"Location_X", "23.134521", true}, Field{"Location_Y", "113.358803", true}, Field{"Scale", "20", true}, Field{"Label", "位置信息", false}))
		}},
		{"link", "", func(p *Peer, _ Words) Verdict {
			return answered(p, message(p, "link", Field{"Title", "t", false}, Field{"Description", "d", false}, Field{"Url", "https://example.com", false}))
		}},
		{"tap on a menu message, number", "", func(p *Peer, _ Words) Verdict {
			return answered(p, message(p, "text", Field{"Content", "满意", false}, Field{"bizmsgmenuid", "101", true}))
		}},
		{"tap on a menu message, word", "", func(p *Peer, _ Words) Verdict {
			return answered(p, message(p, "text", Field{"Content", "满意", false}, Field{"bizmsgmenuid", "yes", false}))
		}},
		{"kind that is not known yet", "", func(p *Peer, _ Words) Verdict {
			return answered(p, message(p, "miniprogrampage", Field{"Title", "卡片", false}))
		}},

		// Events.
		{"follow", "", func(p *Peer, _ Words) Verdict { return spoken(p, event(p, "subscribe", "")) }},
		{"follow over a QR code", "", func(p *Peer, _ Words) Verdict {
			return spoken(p, event(p, "subscribe", "qrscene_shop42", Field{"Ticket", "TICKET", false}))
		}},
		{"scan of a QR code", "", func(p *Peer, _ Words) Verdict {
			return answered(p, event(p, "SCAN", "shop42", Field{"Ticket", "TICKET", false}))
		}},
		{"unfollow", "", func(p *Peer, _ Words) Verdict { return silent(p, event(p, "unsubscribe", "")) }},
		{"menu, key", "", func(p *Peer, _ Words) Verdict { return answered(p, event(p, "CLICK", "HUMAN")) }},
		{"menu, page", "", func(p *Peer, _ Words) Verdict {
			return silent(p, event(p, "VIEW", "https://example.com/", Field{"MenuId", "MENUID", false}))
		}},
		{"menu, scan", "", func(p *Peer, _ Words) Verdict {
			body := strings.Replace(string(XML(event(p, "scancode_waitmsg", "6")...)), "</xml>",
				"<ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType><ScanResult><![CDATA[2]]></ScanResult></ScanCodeInfo></xml>", 1)
			return taken(p.PushXML([]byte(body)))
		}},
		{"place, reported", "", func(p *Peer, _ Words) Verdict {
			return silent(p, event(p, "LOCATION", "", Field{"Latitude", "23.137466", true}, Field{"Longitude", "113.352425", true}, Field{"Precision", "119.385040", true}))
		}},
		{"event that is not known", "", func(p *Peer, _ Words) Verdict {
			return silent(p, event(p, "kf_create_session", "", Field{"KfAccount", "test1@test", false}))
		}},

		// The same again.
		{"two attempts at once", "", func(p *Peer, w Words) Verdict { return twice(p, message(p, "text", Field{"Content", w.Text, false})) }},
		{"two attempts at once of an event", "", func(p *Peer, _ Words) Verdict { return twice(p, event(p, "CLICK", "DUP")) }},
		{"the same bytes twice", ModeSafe, func(p *Peer, w Words) Verdict {
			q, body := p.Seal(XML(message(p, "text", Field{"Content", w.Text, false})...))
			first, err1 := p.Post(q, body)
			second, err2 := p.Post(q, body)
			return alike([2]Reply{first, second}, [2]error{err1, err2})
		}},
		{"an answer that takes long", "", slow},

		// Not from WeChat.
		{"wrong signature", "", forged(func(q url.Values) { q.Set("signature", Sign("forged")) })},
		{"no query", "", forged(func(q url.Values) { clear(q) })},
		{"two signatures, the good one second", "", forged(func(q url.Values) { q["signature"] = []string{"bad", q.Get("signature")} })},
		{"an hour old", "", shifted(-time.Hour)},
		{"a day ahead", "", shifted(24 * time.Hour)},
		{"query of another message", "", func(p *Peer, w Words) Verdict {
			q, body := p.Seal(XML(message(p, "text", Field{"Content", w.Text, false})...))
			if _, err := p.Post(q, body); err != nil {
				return Verdict{Fault: err.Error()}
			}
			_, other := p.Seal(XML(message(p, "text", Field{"Content", "请转账", false})...))
			r, err := p.Post(q, other)
			if v := refusal(r, err); v.Fault == "" || err == nil && r.Silent() {
				return Verdict{Saw: v.Saw}
			}
			return Verdict{saw(r, err), "a message with the query of another was answered"}
		}},
		{"no msg_signature", ModeSafe, forged(func(q url.Values) { q.Del("msg_signature") })},
		{"wrong msg_signature", ModeSafe, forged(func(q url.Values) { q.Set("msg_signature", Sign("x")) })},
		{"tampered", ModeSafe, func(p *Peer, w Words) Verdict {
			q, body := p.Seal(XML(message(p, "text", Field{"Content", w.Text, false})...))
			at := strings.Index(string(body), "<Encrypt><![CDATA[") + 48
			if body[at] == 'A' {
				body[at] = 'B'
			} else {
				body[at] = 'A'
			}
			return refusal(p.Post(q, body))
		}},
		{"in clear to a safe account", ModeSafe, func(p *Peer, w Words) Verdict {
			return refusal(p.Post(p.Query(), XML(message(p, "text", Field{"Content", w.Text, false})...)))
		}},
		{"for another AppID", ModeSafe, func(p *Peer, w Words) Verdict {
			other := *p
			other.AppID = "wxffffffffffffffff"
			return refusal(other.Push(message(&other, "text", Field{"Content", w.Text, false})...))
		}},
		{"with another key", ModeSafe, func(p *Peer, w Words) Verdict {
			other := *p
			other.AESKey = strings.Repeat("Z", 42) + "E"
			return refusal(other.Push(message(&other, "text", Field{"Content", w.Text, false})...))
		}},
		{"PUT", "", func(p *Peer, w Words) Verdict {
			q, body := p.Seal(XML(message(p, "text", Field{"Content", w.Text, false})...))
			return refusal(p.do(http.MethodPut, q, body))
		}},
		{"POST with an echostr", "", func(p *Peer, w Words) Verdict {
			q, body := p.Seal(XML(message(p, "text", Field{"Content", w.Text, false})...))
			q.Set("echostr", "12345")
			r, err := p.Post(q, body)
			if v := taken(r, err); v.Fault == "" || refusal(r, err).Fault == "" {
				return Verdict{Saw: v.Saw}
			}
			return Verdict{saw(r, err), "a message was taken for a check of the URL"}
		}},

		// Not readable.
		{"broken XML", "", body(`<xml><ToUserName>a</ToUser`)},
		{"no body", "", body("")},
		{"a web page", "", body("<html><MsgType>text</MsgType></html>")},
		{"XML of a billion laughs", "", func(p *Peer, w Words) Verdict {
			start := time.Now()
			v := body(laughs())(p, w)
			if took := time.Since(start); took > time.Second {
				v.Fault = "it took " + took.String()
			}
			return v
		}},
		{"XML that names a file", "", func(p *Peer, w Words) Verdict {
			return body(`<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><FromUserName>oA</FromUserName>`+
				`<CreateTime>1700000000</CreateTime><MsgType>text</MsgType><Content>&x;</Content><MsgId>1</MsgId></xml>`)(p, w)
		}},
		{"XML nested deep", "", body("<xml>" + strings.Repeat("<a>", 200_000))},
		{"5 MB", "", func(p *Peer, _ Words) Verdict {
			r, err := p.Push(message(p, "text", Field{"Content", strings.Repeat("x", 5<<20), false})...)
			if err != nil {
				return Verdict{Saw: err.Error()} // it hung up
			}
			return refusal(r, err)
		}},
	}
}

// message is one of a new user.
func message(p *Peer, kind string, more ...Field) []Field { return p.Message(newUser(), kind, more...) }

func event(p *Peer, name, key string, more ...Field) []Field {
	return append(p.head(newUser(), "event"), append([]Field{{"Event", name, false}, {"EventKey", key, false}}, more...)...)
}

func newUser() string { return "o" + hex.EncodeToString(random(13)) + "x" }

func saw(r Reply, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case r.Text != "":
		return fmt.Sprintf("%d %q in %s", r.Status, r.Text, r.Took.Round(time.Millisecond))
	}
	return fmt.Sprintf("%d %q", r.Status, r.Body)
}

// taken: a reply, "success" or nothing.
func taken(r Reply, err error) Verdict {
	v := Verdict{Saw: saw(r, err)}
	switch {
	case err != nil:
		v.Fault = "the user is shown a failure"
	case r.Status != http.StatusOK:
		v.Fault = "WeChat comes again"
	}
	return v
}

// refusal: a status that says so, and nothing else.
func refusal(r Reply, err error) Verdict {
	v := Verdict{Saw: saw(r, err)}
	if err != nil || r.Status < 400 || r.Status > 499 || len(r.Body) > 0 {
		v.Fault = "not refused"
	}
	return v
}

func below500(r Reply, err error) Verdict {
	v := Verdict{Saw: saw(r, err)}
	if err != nil || r.Status >= 500 {
		v.Fault = "it cannot be read, which is not the callback's failure"
	}
	return v
}

func answered(p *Peer, fields []Field) Verdict { return addressed(p, fields, false, false) }
func spoken(p *Peer, fields []Field) Verdict   { return addressed(p, fields, true, false) }
func silent(p *Peer, fields []Field) Verdict   { return addressed(p, fields, false, true) }

// addressed pushes and wants an answer: with something to read, with nothing, or either. A reply goes to who wrote.
func addressed(p *Peer, fields []Field, words, none bool) Verdict {
	r, err := p.Push(fields...)
	v := taken(r, err)
	switch {
	case v.Fault != "":
	case words && r.Text == "":
		v.Fault = "the user reads nothing"
	case none && r.Text != "":
		v.Fault = "the user did not ask"
	case r.Text != "" && r.To != fields[1].Value:
		v.Fault = "the reply goes to another"
	}
	return v
}

func echo(p *Peer, words string, good bool) Verdict {
	r, err := p.Echo(words)
	v := Verdict{Saw: fmt.Sprintf("%d %s %q", r.Status, r.Kind, r.Body)}
	switch {
	case good && (err != nil || r.Status != http.StatusOK):
		v.Fault = "no echo"
	case !good && (r.Status < 400 || strings.Contains(string(r.Body), words)):
		v.Fault = "an echo for somebody else"
	}
	return v
}

// twice makes two attempts of one push at once.
func twice(p *Peer, fields []Field) Verdict {
	var r [2]Reply
	var err [2]error
	var wg sync.WaitGroup
	for i := range r {
		wg.Go(func() { r[i], err[i] = p.Push(fields...) })
	}
	wg.Wait()
	return alike(r, err)
}

// alike: both are taken, and the user reads one thing at the most.
func alike(r [2]Reply, err [2]error) Verdict {
	v := Verdict{Saw: saw(r[0], err[0]) + ", " + saw(r[1], err[1])}
	for i := range r {
		if one := taken(r[i], err[i]); one.Fault != "" {
			v.Fault = one.Fault
		}
	}
	if v.Fault == "" && r[0].Text != r[1].Text && r[0].Text != "" && r[1].Text != "" {
		v.Fault = "two answers to one message"
	}
	return v
}

// slow: however long it takes, the first attempt gets an answer.
func slow(p *Peer, w Words) Verdict {
	user := newUser()
	if w.Before != "" {
		if _, err := p.Text(user, w.Before); err != nil {
			return Verdict{Fault: err.Error()}
		}
	}
	r, attempts, err := p.Insist(p.Message(user, "text", Field{"Content", w.Slow, false})...)
	v := taken(r, err)
	if v.Fault == "" && attempts > 1 {
		v.Fault = fmt.Sprintf("answered at attempt %d", attempts)
	}
	return v
}

// forged pushes a text with a changed query.
func forged(change func(q url.Values)) func(*Peer, Words) Verdict {
	return func(p *Peer, w Words) Verdict {
		q, body := p.Seal(XML(message(p, "text", Field{"Content", w.Text, false})...))
		change(q)
		return refusal(p.Post(q, body))
	}
}

// shifted pushes with the signature of another time.
func shifted(by time.Duration) func(*Peer, Words) Verdict {
	return func(p *Peer, w Words) Verdict {
		other := *p
		other.Now = func() time.Time { return time.Now().Add(by) }
		return refusal(other.Push(message(&other, "text", Field{"Content", w.Text, false})...))
	}
}

// body pushes one that is no message, signed and sealed well.
func body(s string) func(*Peer, Words) Verdict {
	return func(p *Peer, _ Words) Verdict { return refusal(p.PushXML([]byte(s))) }
}

// compatible has the message twice, in clear and sealed.
func compatible(p *Peer, w Words) Verdict {
	fields := message(p, "text", Field{"Content", w.Text, false})
	clear := XML(fields...)
	q, sealed := p.Seal(clear)
	_, rest, _ := strings.Cut(string(sealed), "<Encrypt>")
	r, err := p.Post(q, []byte(strings.TrimSuffix(string(clear), "</xml>")+"<Encrypt>"+rest))
	v := taken(r, err)
	if v.Fault == "" && r.Text == "" {
		v.Fault = "the user reads nothing"
	}
	return v
}

// asJSONPush is what an account sends whose message format is set to JSON.
func asJSONPush(p *Peer, w Words) Verdict {
	data, _ := json.Marshal(map[string]any{"ToUserName": p.account(), "FromUserName": newUser(), "CreateTime": time.Now().Unix(), "MsgType": "text", "Content": w.Text, "MsgId": 7_000_000_000_000_001})
	return below500(p.request(http.MethodPost, p.Query(), "application/json", data))
}

// laughs is a small text that would grow to three gigabytes.
func laughs() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol0 "lol">`)
	for i := range 9 {
		fmt.Fprintf(&b, `<!ENTITY lol%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&lol%d;", i), 10))
	}
	b.WriteString(`]><xml><FromUserName>oA</FromUserName><CreateTime>1700000000</CreateTime><MsgType>text</MsgType><Content>&lol9;</Content><MsgId>1</MsgId></xml>`)
	return b.String()
}
