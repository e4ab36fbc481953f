package main

import (
	"fmt"
	"io"
	"strings"

	"posdoctor/bot/acquirer/simulator"
)

// place is a line of the banner: what something is called, and where it is.
type place struct{ name, text string }

// banner prints where everything is, as one block.
func banner(out io.Writer, url string, s settings, a *app, admin string, more []place) {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-8s  %s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(&b, "\nposdoctor 已启动\n\n")
	line("支持页", "%s/", url)
	line("控制台", "%s/console   用户 %s，%s", url, adminName, admin)
	if s.wechat.AppID != "" {
		line("微信", "%s/wechat/callback", url)
	}
	if s.wechatKF.CorpID != "" {
		line("微信客服", "%s/wechat/kf/callback", url)
	}
	if a.sim != nil {
		line("收单机构", "%s   模拟的：工单，商户，故障开关", a.simURL())
	}
	for _, m := range more {
		line(m.name, "%s", m.text)
	}
	if a.sim != nil {
		fmt.Fprintf(&b, "\n  演示商户：在聊天里发下面的字，对话就代表这家店\n")
		for _, m := range simulator.Demo() {
			fmt.Fprintf(&b, "    %s  %s，%s\n", m.Words, m.Shop, m.Story)
		}
	}
	fmt.Fprintf(&b, "\n  在终端里聊：go run ./server talk\n  数据在 %s，停止按 Ctrl+C\n\n", s.data)
	io.WriteString(out, b.String())
}
