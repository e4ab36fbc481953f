package main

import (
	"net/http"
	"strconv"
	"testing"
)

// A merchant whom the server knows finds its machines at home, with the age of the record, and goes back to the talk.
func TestHomeOfABoundMerchant(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop)
	m.ask("演示商户 5")
	m.see("为您服务")
	m.settled()
	m.click(".pd-menu .pd-icon-button", "")
	m.click(".pd-menu-list button", "首页")
	m.find(".pd-machines li", "N910 …4105")
	m.find(".pd-machines li", "登记在别的商户名下") // and nothing of what it does there
	if m.has(".pd-machines li", "在线") || m.has(".pd-machines li", "签到") {
		t.Error("what another merchant's machine does is shown")
	}
	m.see("以收单机构记录为准")
	m.find(".pd-greeting", "演示商户 5")
	m.click(".pd-continue", "")
	m.until("the talk", `all('.pd-home').length === 0 && all('[data-id]').length > 1`)
	sameAsStore(m)

	n := openWidget(t, s, desktop)
	n.ask("演示商户 1")
	n.see("为您服务")
	n.settled()
	n.click(".pd-menu .pd-icon-button", "")
	n.click(".pd-menu-list button", "首页")
	n.find(".pd-machines li", "N910 …4101")
	n.find(".pd-machines li .pd-tag", "在线")
	n.find(".pd-machines li", "最近签到 ")
}

// Steps one at a time: what is pressed under them is what the dialogue understands.
func TestGuidedSteps(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop)
	m.ask("提示 55")
	m.toCard()
	m.settled()
	if !m.has(".pd-card .pd-link", "一步一步做") {
		t.Fatal("the card of code 55 offers no steps one at a time")
	}
	m.click(".pd-card .pd-link", "一步一步做")
	m.find(".pd-guide", "第 1 步")
	n := len(m.rows())
	m.click(".pd-guide .pd-chip", "看不懂")
	m.until("an answer", `all('[data-id]').length > `+strconv.Itoa(n)+` + 1`)
	sameAsStore(m)
	if got := m.visitor().said("看不懂"); got != 1 {
		t.Errorf("看不懂 was said %d times", got)
	}
}

// A photo goes to the agent; after the end the merchant rates, and changes it.
func TestPictureAndRating(t *testing.T) {
	s := startServer(t)
	m := openWidget(t, s, desktop)
	m.ask("刷卡失败")
	m.until("an answer", `all('[data-id]').length > 1`)
	m.settled()
	m.upload(1200, 900)
	m.find("button.pd-picture img", "")
	sameAsStore(m)
	// What no phone takes is refused before it leaves: a drawing would arrive as an empty sheet.
	for name, file := range map[string][2]string{
		"logo.svg":   {`<svg xmlns="http://www.w3.org/2000/svg"><text y="20">58</text></svg>`, "image/svg+xml"},
		"broken.jpg": {"no picture", "image/jpeg"},
	} {
		m.attach(quoted(file[0]), name, file[1])
		m.find(".pd-failed", "这张图片打不开")
		m.click(".pd-failed button", "取消")
		m.until("it is gone", `find('.pd-failed', '').length === 0`)
	}
	m.click(".pd-escalate", "转人工")
	m.find(".pd-queue", "")
	m.settled()
	v, a := m.visitor(), s.login("admin", adminPassword)
	var held struct {
		Epoch int64 `json:"epoch"`
	}
	path := "/api/a/v1/conversations/" + v.conv
	a.do(http.MethodGet, path, nil, http.StatusOK, &held)
	for _, l := range v.history() {
		if l.Media != nil {
			if status, body := a.try(http.MethodGet, path+"/media/"+l.Media.ID, nil, nil); status != http.StatusOK || len(body) > 2<<20 || http.DetectContentType(body) != "image/jpeg" {
				t.Errorf("the agent gets %d, %d bytes of %s", status, len(body), http.DetectContentType(body))
			}
		}
	}
	// A new page fetches the picture with the token.
	m.visitPage("/")
	m.click(".pd-launcher", "")
	m.until("the picture on a new page", `all('button.pd-picture img').some((it) => it.complete && it.naturalWidth > 0)`)

	a.do(http.MethodPost, path+"/claim", map[string]any{"epoch": held.Epoch}, http.StatusOK, &held)
	a.do(http.MethodPost, path+"/messages", map[string]any{"cid": "1", "text": "已经处理好了。", "epoch": held.Epoch}, http.StatusOK, nil)
	a.do(http.MethodPost, path+"/close", map[string]any{"epoch": held.Epoch, "reason": "solved"}, http.StatusOK, nil)
	rate := func(word string) {
		t.Helper()
		m.click(".pd-scores .pd-chip", word)
		m.click(".pd-rating [type=submit]", "")
		m.find(".pd-system", "已评价："+word)
	}
	m.find(".pd-rating", "")
	rate("一般")
	m.click(".pd-system .pd-link", "修改")
	m.find(".pd-rating", "")
	rate("很满意")
	sameRated := 0
	for _, l := range v.history() {
		if l.Type == "rated" {
			sameRated++
		}
	}
	if sameRated != 2 {
		t.Errorf("the store has %d ratings, want the first and its change", sameRated)
	}
}
