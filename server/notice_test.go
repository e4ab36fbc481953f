package main

import (
	"net/http"
	"strings"
	"testing"
)

// A merchant who asks for a person is told of in the group and at the webhook, without his words, and operators see that it arrived.
func TestNoticeGoesOut(t *testing.T) {
	g := newGroupRobot(t)
	s := startServer(t, "POSDOCTOR_NOTICE_WECOM_URL="+g.URL, "POSDOCTOR_NOTICE_HOSTS=127.0.0.1", "POSDOCTOR_PUBLIC_URL=")
	admin := s.login("admin", adminPassword)
	admin.do(http.MethodPut, "/api/a/v1/settings/notices", map[string]any{"version": 0, "value": map[string]any{
		"wecom":   map[string]any{"on": true, "key": "693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa"},
		"webhook": map[string]any{"on": true, "url": g.URL + "/hook", "secret": "a secret of sixteen or more"},
		"kinds":   []string{"queued"}, "topic": true}}, 200, nil)
	v := s.visitor("")
	for i, text := range []string{"刷卡没反应，我的秘密", "转人工"} {
		v.do(http.MethodPost, "/api/w/v1/send", map[string]string{"t": "msg", "cid": string(rune('a' + i)), "text": text}, 200, nil)
	}
	waitFor(t, "both told", func() bool { return len(g.heard()) >= 2 }, func() string { return strings.Join(g.heard(), "\n") })
	told := strings.Join(g.heard(), "\n")
	if len(g.heard()) != 2 || !strings.Contains(told, "有商户在等人工") || !strings.Contains(told, "/console#/queued/"+v.conv) || strings.Contains(told, "秘密") {
		t.Errorf("they were told %s", told)
	}
	var seen struct {
		Notices []struct{ Way, Kind, State, Conversation string }
	}
	waitFor(t, "both arrived", func() bool {
		admin.do(http.MethodGet, "/api/a/v1/notices", nil, 200, &seen)
		n := 0
		for _, x := range seen.Notices {
			if x.State == "sent" && x.Kind == "queued" && x.Conversation == v.conv {
				n++
			}
		}
		return n == 2
	}, func() string { return "" })
}
