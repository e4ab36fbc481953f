package wechattest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	kfUser  = "wmAJ2GCAAAme1XQRC-NI-q0_ZM9ukoAw"
	kfSync  = "/cgi-bin/kf/sync_msg"
	kfSend  = "/cgi-bin/kf/send_msg"
	kfEvent = "/cgi-bin/kf/send_msg_on_event"
	kfGet   = "/cgi-bin/kf/service_state/get"
	kfTrans = "/cgi-bin/kf/service_state/trans"
)

func newKF(t *testing.T) (*KFPhone, *callback, *lab) {
	l := newLab(t)
	c := &callback{answer: always(200, "success")}
	url, client := serve(t, c)
	return NewKFPhone(&KFPeer{URL: url, Token: pushToken, CorpID: "ww0123456789abcdef", AESKey: aesKey, Client: client}, l.API, "", kfUser), c, l
}

// fetched is what sync_msg returned.
type fetched struct {
	Next string      `json:"next_cursor"`
	More int         `json:"has_more"`
	List []KFMessage `json:"msg_list"`
}

func (l *lab) sync(code int, body string) fetched {
	l.t.Helper()
	data, _ := json.Marshal(l.want(code, "POST", kfSync, body))
	var f fetched
	if err := json.Unmarshal(data, &f); err != nil {
		l.t.Fatal(err)
	}
	return f
}

func (l *lab) all() []KFMessage {
	l.t.Helper()
	l.API.mu.Lock()
	l.API.kf.free = nil // so that a test may look as often as it likes
	l.API.mu.Unlock()
	return l.sync(OK, `{"open_kfid":"`+DefaultOpenKfID+`"}`).List
}

func kfText(msgid, content string) string {
	m := map[string]any{"touser": kfUser, "open_kfid": DefaultOpenKfID, "msgtype": "text", "text": map[string]string{"content": content}}
	if msgid != "" {
		m["msgid"] = msgid
	}
	return asJSON(m)
}

func kfState(state int, servicer string) string {
	return fmt.Sprintf(`{"open_kfid":%q,"external_userid":%q,"service_state":%d,"servicer_userid":%q}`, DefaultOpenKfID, kfUser, state, servicer)
}

func TestKFPush(t *testing.T) {
	p, c, l := newKF(t)
	push, err := p.Say("刷不了卡")
	if err != nil || push.Outcome != OutcomeSuccess {
		t.Fatalf("%+v %v", push, err)
	}
	got := c.got()[0]
	if got["AppID"] != "ww0123456789abcdef" || got["ToUserName"] != "ww0123456789abcdef" || got["Event"] != "kf_msg_or_event" || got["OpenKfId"] != DefaultOpenKfID || got["Token"] == "" || got["Content"] != "" {
		t.Errorf("pushed %v", got)
	}
	f := l.sync(OK, fmt.Sprintf(`{"token":%q,"open_kfid":%q}`, got["Token"], DefaultOpenKfID))
	if len(f.List) != 1 || f.More != 0 || f.Next == "" {
		t.Fatalf("%+v", f)
	}
	m := f.List[0]
	if m.Origin != OriginCustomer || m.OpenKfID != DefaultOpenKfID || m.ExternalUserID != kfUser || m.Text.Content != "刷不了卡" || m.SendTime != l.clock.Now().Unix() {
		t.Errorf("%+v", m)
	}
	l.advance(10 * time.Minute)
	l.sync(KFBadToken, fmt.Sprintf(`{"token":%q,"open_kfid":%q}`, got["Token"], DefaultOpenKfID))
	l.sync(KFBadToken, `{"token":"ENCforged"}`)

	c.answer = always(503, "")
	if push, err = p.Say("在吗"); err == nil || len(push.Attempts) != 3 || push.Outcome != OutcomeError {
		t.Errorf("%+v %v", push, err)
	}
	if got := lines(p); got != "me text 刷不了卡\nme text 在吗" {
		t.Errorf("screen:\n%s", got)
	}
}

func TestKFEcho(t *testing.T) {
	url, client := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("signature") != "" || q.Get("msg_signature") != Sign(pushToken, q.Get("timestamp"), q.Get("nonce"), q.Get("echostr")) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		plain, _, _ := Decrypt(aesKey, q.Get("echostr"))
		_, _ = w.Write(plain)
	}))
	p := &KFPeer{URL: url, Token: pushToken, CorpID: "ww0123456789abcdef", AESKey: aesKey, Client: client}
	if r, err := p.Echo("1616140317555161061"); err != nil || r.Status != 200 {
		t.Errorf("%+v %v", r, err)
	}
	p.Token = "another"
	if r, _ := p.Echo("leak"); r.Status != http.StatusForbidden {
		t.Errorf("%+v", r)
	}
}

func TestKFSync(t *testing.T) {
	l := newLab(t)
	l.OpenKfIDs = []string{"wkOne", "wkTwo"}
	add := func(account, text string) string {
		return l.AddKFMessage(account, KFMessage{Origin: OriginCustomer, ExternalUserID: kfUser, MsgType: "text", Text: &KFText{Content: text}})
	}
	token := ""
	for i := range 5 {
		token = add("wkOne", fmt.Sprintf("one %d", i))
		add("wkTwo", fmt.Sprintf("two %d", i))
	}
	get := func(account, cursor string, limit int) fetched {
		t.Helper()
		return l.sync(OK, fmt.Sprintf(`{"token":%q,"cursor":%q,"limit":%d,"open_kfid":%q}`, token, cursor, limit, account))
	}
	var said []string
	cursor := ""
	for page := 0; ; page++ {
		f := get("wkOne", cursor, 2)
		for _, m := range f.List {
			said = append(said, m.Text.Content)
		}
		cursor = f.Next
		if f.More == 0 {
			break
		}
		if page > 5 {
			t.Fatal("no end")
		}
	}
	if got := strings.Join(said, ", "); got != "one 0, one 1, one 2, one 3, one 4" {
		t.Errorf("fetched %s", got)
	}
	if f := get("wkOne", cursor, 2); len(f.List) != 0 || f.More != 0 {
		t.Errorf("behind the end: %+v", f)
	}
	add("wkOne", "later")
	l.EmptyPages(2)
	for i := range 3 {
		f := get("wkOne", cursor, 2)
		if want := i == 2; (len(f.List) == 1) != want || (f.More == 0) != want {
			t.Errorf("page %d: %+v", i, f)
		}
		cursor = f.Next
	}
	if f := get("", "", 1000); len(f.List) != 11 {
		t.Errorf("%d of all accounts", len(f.List))
	}
	l.sync(BadArgument, fmt.Sprintf(`{"token":%q,"cursor":%q,"open_kfid":"wkTwo"}`, token, cursor))
	l.sync(BadArgument, `{"cursor":"forged"}`)
	l.sync(BadArgument, `{"limit":1001}`)
	l.sync(KFUnknownAccount, `{"open_kfid":"wkThree"}`)
	l.sync(BadJSON, `x`)

	l.Limits.KFWithoutToken = 2
	l.sync(OK, `{}`)
	l.sync(OK, `{}`)
	l.sync(TooManyCalls, `{}`)
	l.advance(72*time.Hour + time.Second)
	if f := l.sync(OK, `{}`); len(f.List) != 0 {
		t.Errorf("%d older than three days", len(f.List))
	}
}

func TestKFSend(t *testing.T) {
	p, _, l := newKF(t)
	l.want(KFBadState, "POST", kfSend, kfText("", "您好")) // has not written
	if _, err := p.Say("在吗"); err != nil {
		t.Fatal(err)
	}
	if out := l.want(OK, "POST", kfSend, kfText("a-1_Z", "您好")); out["msgid"] != "a-1_Z" {
		t.Errorf("%v", out)
	}
	if out := l.want(OK, "POST", kfSend, kfText("a-1_Z", "您好")); out["msgid"] != "a-1_Z" {
		t.Errorf("repeated: %v", out)
	}
	if got := lines(p); got != "me text 在吗\naccount text custom 您好" {
		t.Errorf("screen:\n%s", got)
	}
	l.KFRepeat = BadArgument
	l.want(BadArgument, "POST", kfSend, kfText("a-1_Z", "您好"))
	for name, tc := range map[string]struct {
		body string
		code int
	}{
		"2049 bytes":       {kfText("", strings.Repeat("x", 2049)), BadArgument},
		"empty":            {kfText("", ""), BadArgument},
		"bad msgid":        {kfText("a b", "您好"), BadArgument},
		"long msgid":       {kfText(strings.Repeat("a", 33), "您好"), BadArgument},
		"unknown account":  {strings.Replace(kfText("", "您好"), DefaultOpenKfID, "wkOther", 1), KFUnknownAccount},
		"unknown customer": {strings.Replace(kfText("", "您好"), kfUser, "wmOther", 1), BadExternalUser},
		"unknown kind":     {strings.Replace(kfText("", "您好"), `"text"`, `"song"`, 1), BadMessageType},
		"picture":          {`{"touser":"` + kfUser + `","open_kfid":"` + DefaultOpenKfID + `","msgtype":"image","image":{"media_id":"x"}}`, BadMediaID},
		"no JSON":          {"x", BadJSON},
	} {
		if out := l.want(tc.code, "POST", kfSend, tc.body); !strings.Contains(out["errmsg"].(string), ", hint: [") {
			t.Errorf("%s: errmsg %q", name, out["errmsg"])
		}
	}
	for range 4 {
		l.want(OK, "POST", kfSend, kfText("", "您好"))
	}
	l.want(KFQuotaUsed, "POST", kfSend, kfText("", "您好"))
	if q, state := l.KFAllowance(DefaultOpenKfID, kfUser); q.Left != 0 || q.Of != 5 || state != KFNew {
		t.Errorf("%+v %d", q, state)
	}
	if _, err := p.Say("还在吗"); err != nil {
		t.Fatal(err)
	}
	l.want(OK, "POST", kfSend, kfText("", "在"))
	for _, m := range l.all() {
		if m.Origin != OriginCustomer {
			t.Errorf("fetched %+v", m)
		}
	}
	l.advance(48 * time.Hour)
	l.want(KFBadState, "POST", kfSend, kfText("", "您好"))
}

func TestKFMenu(t *testing.T) {
	p, _, l := newKF(t)
	if _, err := p.Say("在吗"); err != nil {
		t.Fatal(err)
	}
	menu := func(head string, items ...string) string {
		return fmt.Sprintf(`{"touser":%q,"open_kfid":%q,"msgtype":"msgmenu","msgmenu":{"head_content":%q,"list":[%s],"tail_content":"谢谢"}}`,
			kfUser, DefaultOpenKfID, head, strings.Join(items, ","))
	}
	click := func(id, text string) string {
		return fmt.Sprintf(`{"type":"click","click":{"id":%q,"content":%q}}`, id, text)
	}
	ten := strings.Split(strings.TrimSuffix(strings.Repeat(click("1", "好")+"|", 10), "|"), "|")
	l.want(KFTooManyItems, "POST", kfSend, menu("选", append(ten, click("1", "好"))...))
	l.want(BadArgument, "POST", kfSend, menu(strings.Repeat("x", 1025), ten...))
	l.want(BadArgument, "POST", kfSend, menu("选", click(strings.Repeat("i", 65), "好")))
	l.want(BadArgument, "POST", kfSend, menu("选", click("1", strings.Repeat("x", 129))))
	l.want(BadArgument, "POST", kfSend, menu("选", click("1", "")))
	l.want(KFBadItem, "POST", kfSend, menu("选", `{"type":"song"}`))
	l.want(OK, "POST", kfSend, menu("选一项", click("101", "解决了"), `{"type":"view","view":{"url":"https://example.com/","content":"看进度"}}`))
	m := p.Last().Menu
	if m == nil || m.Head != "选一项" || len(m.Items) != 2 || m.Items[1].URL == "" {
		t.Fatalf("%+v", p.Last())
	}
	if _, err := p.Tap(m.Items[1]); err == nil {
		t.Error("a link sent something")
	}
	if _, err := p.Tap(m.Items[0]); err != nil {
		t.Fatal(err)
	}
	list := l.all()
	if last := list[len(list)-1]; last.Text.MenuID != "101" || last.Text.Content != "解决了" {
		t.Errorf("%+v", last)
	}
}

func TestKFWelcome(t *testing.T) {
	p, c, l := newKF(t)
	enter := func() *KFEvent {
		t.Helper()
		if _, err := p.Enter("shop42"); err != nil {
			t.Fatal(err)
		}
		list := l.all()
		m := list[len(list)-1]
		if m.Event == nil || m.Event.Type != "enter_session" || m.OpenKfID != "" || m.ExternalUserID != "" || m.Event.ExternalUserID != kfUser || m.Event.Scene != "shop42" || m.Origin != OriginEvent {
			t.Fatalf("%+v %+v", m, m.Event)
		}
		return m.Event
	}
	send := func(code int, with, msgid string) {
		t.Helper()
		l.want(code, "POST", kfEvent, fmt.Sprintf(`{"code":%q,"msgid":%q,"msgtype":"text","text":{"content":"您好，请问什么问题？"}}`, with, msgid))
	}
	ev := enter()
	send(BadArgument, "CODEforged", "a1")
	send(OK, ev.WelcomeCode, "a1")
	send(BadArgument, ev.WelcomeCode, "a2") // only once
	if ev := enter(); ev.WelcomeCode != "" {
		t.Error("a second welcome within 48 hours")
	}
	l.advance(48 * time.Hour)
	ev = enter()
	l.advance(20 * time.Second)
	send(BadArgument, ev.WelcomeCode, "a3")
	if _, err := p.Say("在吗"); err != nil {
		t.Fatal(err)
	}
	if ev := enter(); ev.WelcomeCode != "" {
		t.Error("a welcome for one who wrote")
	}
	if got := strings.Count(lines(p), "您好"); got != 1 {
		t.Errorf("%d welcomes shown", got)
	}
	if n := len(c.got()); n != 5 {
		t.Errorf("%d pushes", n)
	}
}

func TestKFState(t *testing.T) {
	for from, legal := range map[int][]int{KFNew: {1, 2, 3, 4}, KFBot: {2, 3, 4}, KFQueue: {3, 4}, KFHuman: {3, 4}, KFEnded: {}} {
		for to := -1; to <= 5; to++ {
			p, _, l := newKF(t)
			if _, err := p.Say("在吗"); err != nil {
				t.Fatal(err)
			}
			if from != KFNew {
				l.want(OK, "POST", kfTrans, kfState(from, "zhangsan"))
			}
			code := KFBadTransition
			for _, s := range legal {
				if s == to {
					code = OK
				}
			}
			out := l.want(code, "POST", kfTrans, kfState(to, "lisi"))
			if has := out["msg_code"] != nil; has != (code == OK && to != KFBot) {
				t.Errorf("%d -> %d: %v", from, to, out)
			}
			now := l.want(OK, "POST", kfGet, kfState(0, ""))
			want := from
			if code == OK {
				want = to
			}
			if now["service_state"] != float64(want) || (now["servicer_userid"] != nil) != (want == KFHuman) || now["service_userid"] != nil {
				t.Errorf("%d -> %d: is %v", from, to, now)
			}
			sendable := KFBadState
			if want <= KFBot {
				sendable = OK
			}
			l.want(sendable, "POST", kfSend, kfText("", "您好"))
		}
	}
	p, _, l := newKF(t)
	if _, err := p.Say("在吗"); err != nil {
		t.Fatal(err)
	}
	l.want(KFNotServicer, "POST", kfTrans, kfState(3, "wangwu"))
	l.want(BadArgument, "POST", kfTrans, kfState(3, ""))
	l.want(BadArgument, "POST", kfTrans, `{"open_kfid":"`+DefaultOpenKfID+`","external_userid":"`+kfUser+`"}`)
	l.want(BadExternalUser, "POST", kfGet, `{"open_kfid":"`+DefaultOpenKfID+`","external_userid":"wmOther"}`)

	code := l.want(OK, "POST", kfTrans, kfState(2, ""))["msg_code"]
	onEvent := func(want int, kind string) {
		t.Helper()
		l.want(want, "POST", kfEvent, fmt.Sprintf(`{"code":%q,"msgtype":%q,"text":{"content":"前面还有 2 位"},"msgmenu":{"head_content":"前面还有 2 位"}}`, code, kind))
	}
	onEvent(BadMessageType, "msgmenu")
	l.advance(47 * time.Hour)
	onEvent(OK, "text")
	code = l.want(OK, "POST", kfTrans, kfState(4, ""))["msg_code"]
	l.advance(20 * time.Second)
	onEvent(BadArgument, "msgmenu")
	if _, err := p.Say("还是不行"); err != nil || p.State() != KFNew {
		t.Errorf("state %d %v", p.State(), err)
	}
	code = l.want(OK, "POST", kfTrans, kfState(2, ""))["msg_code"]
	l.want(OK, "POST", kfTrans, kfState(3, "lisi"))
	onEvent(KFBadState, "text")
	code = l.want(OK, "POST", kfTrans, kfState(4, ""))["msg_code"]
	onEvent(OK, "msgmenu")
}

// TestKFServicer: a person takes a customer over, writes, ends; the account hears of all of it.
func TestKFServicer(t *testing.T) {
	p, _, l := newKF(t)
	if _, err := p.Say("转人工"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.ServicerSays("lisi", "您好"); err == nil {
		t.Error("one who does not serve wrote")
	}
	if _, err := p.TakeOver("wangwu"); err == nil {
		t.Error("a stranger took over")
	}
	l.want(OK, "POST", kfTrans, kfState(2, ""))
	for _, act := range []func() (Push, error){
		func() (Push, error) { return p.TakeOver("lisi") },
		func() (Push, error) { return p.ServicerSays("lisi", "您好，我是李四") },
		func() (Push, error) { return p.TakeOver("zhangsan") },
		func() (Push, error) { return p.End("zhangsan") },
		func() (Push, error) { return p.ServicerSays("lisi", "还有一句") },
	} {
		if push, err := act(); err != nil || push.Outcome != OutcomeSuccess {
			t.Fatalf("%+v %v", push, err)
		}
	}
	var got []string
	for _, m := range l.all()[1:] {
		if m.Event != nil {
			got = append(got, fmt.Sprintf("%d %s>%s %v", m.Event.ChangeType, m.Event.OldServicer, m.Event.NewServicer, m.Event.MsgCode != ""))
		} else {
			got = append(got, fmt.Sprintf("%d %s %s", m.Origin, m.ServicerUserID, m.Text.Content))
		}
	}
	want := "1 >lisi true, 5 lisi 您好，我是李四, 2 lisi>zhangsan false, 3 zhangsan> true, 5 lisi 还有一句, 4 >lisi false"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("fetched %s\nwant %s", s, want)
	}
	if l.KFServicer(DefaultOpenKfID, kfUser) != "lisi" || p.State() != KFHuman {
		t.Error("not taken up again")
	}
	if e := p.Last(); e.Path != ByPerson || e.Agent != "lisi" {
		t.Errorf("%+v", e)
	}
}

func TestKFSendFails(t *testing.T) {
	p, c, l := newKF(t)
	if _, err := p.Say("在吗"); err != nil {
		t.Fatal(err)
	}
	p.RefuseNext(10)
	l.want(OK, "POST", kfSend, kfText("m1", "您好"))
	l.want(OK, "POST", kfSend, kfText("m2", "在的"))
	l.Wait()
	if got := lines(p); got != "me text 在吗\naccount text custom 在的" {
		t.Errorf("screen:\n%s", got)
	}
	list := l.all()
	last := list[len(list)-1]
	if last.Event == nil || last.Event.Type != "msg_send_fail" || last.Event.FailMsgID != "m1" || last.Event.FailType != 10 || last.Event.ExternalUserID != kfUser {
		t.Errorf("%+v", last)
	}
	if n := len(c.got()); n != 2 {
		t.Errorf("%d pushes", n)
	}
}

func TestKFMedia(t *testing.T) {
	p, _, l := newKF(t)
	if _, err := p.SendImage(png); err != nil {
		t.Fatal(err)
	}
	if _, err := p.SendVoice([]byte("#!AMR\nvoice")); err != nil {
		t.Fatal(err)
	}
	list := l.all()
	id := list[0].Image.MediaID
	if list[1].Voice.MediaID == "" {
		t.Errorf("%+v", list[1])
	}
	res, err := l.http.Get(l.url + "/cgi-bin/media/get?media_id=" + id + "&access_token=" + l.corp())
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.Header.Get("Content-Type") != "image/png" {
		t.Errorf("%v", res.Header)
	}
	if out := l.do("GET", "/cgi-bin/media/get?media_id="+id+"&access_token="+l.stable(), ""); errcode(out) != BadMediaID {
		t.Errorf("the account gets the corporation's picture: %v", out)
	}
}
