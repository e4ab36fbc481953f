package main

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// shownCode is the newest code on the simulator's page, which stands in for a telephone.
func shownCode(t *testing.T, sim, number string) string {
	t.Helper()
	pattern := regexp.MustCompile(`>` + number + `</span><td>(\d{6})<td>`)
	var code, page string
	waitFor(t, "a code for "+number, func() bool {
		res, err := http.Get(sim + "/")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		page = html.UnescapeString(string(text))
		if m := pattern.FindStringSubmatch(page); m != nil {
			code = m[1]
		}
		return code != ""
	}, func() string { return page })
	return code
}

// files opens a ticket, and confirms its summary where it is shown first.
func (c *client) files() (no string) {
	c.s.t.Helper()
	const opened = "已提交给收单机构"
	l := c.says("提交工单", opened+"|确认")
	if !strings.Contains(l.Text, opened) {
		l = c.says("确认提交", opened)
	}
	return l.No
}

// A whole talk over both wires: the visitors' API on this side, and on the other an acquirer that is another process. Bound by a code, told
// what the record shows, a ticket opened, moved over there, told here, asked for.
func TestTalkWithAcquirerOutside(t *testing.T) {
	s, sim := startOutside(t)
	const number = "822100058120006"
	v := s.visitor("")
	v.says("你好", "您好|你好")            // by now the server has asked what the acquirer can do
	v.says("结算打款失败，钱被退回了", "要现在验证吗") // nobody is bound: no record is told
	for _, l := range v.history() {
		if strings.Contains(l.Text, "户名不符") || strings.Contains(l.Text, "绿田") {
			t.Fatalf("told to somebody who is not bound: %q", l.Text)
		}
	}
	v.says("验证商户", "15 位商户号")
	v.says(number, "验证码已发到那里")
	v.says(shownCode(t, sim, number), "已按「演示商户 6 · 绿田蔬果」为您服务")
	v.reads("", "查到了：结算账户校验未通过，户名不符")
	v.reads("", "结算款被退回（.*至.*元），户名不符")
	no := v.files()
	if no == "" {
		t.Fatal("the ticket has no number")
	}
	control(t, sim, "/control/ticket", url.Values{"no": {no}, "status": {"IN_PROGRESS"}, "note": {"在核对户名"}})
	v.reads("", "有进展：收单机构处理中。收单机构说明：在核对户名")
	v.says("查进度", "工单 "+no+".*处理中|"+no)
	control(t, sim, "/control/ticket", url.Values{"no": {no}, "status": {"DONE"}})
	v.reads("", "工单 "+no+" 已办结")
	v.says("查进度", "已办结")

	// The link is of a host that may be shown.
	w := s.visitor("")
	w.says("营业执照过期了收不了款", "要现在验证吗")
	w.says("验证商户", "15 位商户号")
	w.says("822100058120002", "验证码已发到那里")
	w.says(shownCode(t, sim, "822100058120002"), "为您服务")
	w.reads("", "办理入口：https://help.example.com/recover")

	// A code stands in no line.
	for _, l := range append(v.history(), w.history()...) {
		if l.From == "user" && regexp.MustCompile(`^\d{6}$`).MatchString(l.Text) {
			t.Errorf("a code is kept: %q", l.Text)
		}
	}
}

// Merchant 7's record takes 8 seconds: that it is looked up is told at once, and the result when it comes.
func TestSlowRecord(t *testing.T) {
	s := startServer(t)
	v := s.visitor("")
	v.says("演示商户 7", "老街茶铺")
	begin := time.Now()
	v.says("机器提示商户状态异常", "正在查询收单机构的记录")
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("it took %v until the merchant heard that it is looked up", took)
	}
	v.reads("", "收单机构的记录里没有相关的限制|没有查到限制记录")
	if took := time.Since(begin); took < 6*time.Second {
		t.Errorf("the record came after %v: the story says 8 s", took)
	}
}
