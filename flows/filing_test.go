package flows

import (
	"strings"
	"testing"
	"time"
)

func TestTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"机身号尾号 7781": "7781", "序列号是 D1V0230000012345": "2345", "SN：a1b2c3d4": "C3D4", "序列号尾号 4105": "4105", "后四位 0912，昨天搬的": "0912",
		"": "", "昨天刷了 3200 元": "", "尾号没看清": "", "序列号 12": "", "提示97 终端未登记": "", "序列号我明天拍给你们看是 1234": "",
	} {
		if got := Terminal(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestNamed(t *testing.T) {
	for _, c := range []struct {
		text     string
		day, sum bool
	}{
		{"昨天的钱没到账", true, false}, {"11月3日 3200元", true, true}, {"三号的，两万", true, true}, {"上周五开始", true, false}, {"3 天前", true, false},
		{"钱没到账", false, false}, {"商户号不对", false, false}, {"万一没到呢", false, false}, {"一千二百块", false, true}, {"日结算", false, false},
	} {
		if day, sum := namesDay(c.text), namesSum(c.text); day != c.day || sum != c.sum {
			t.Errorf("%s: day %v, sum %v", c.text, day, sum)
		}
	}
}

// TestFiling: what a tap on 提交工单 leads to, by who taps it and what the ticket is about.
func TestFiling(t *testing.T) {
	f := flow(t)
	told := standing(f)["proposing"]
	told.Read = "done"
	mild := told
	mild.Told, mild.Topic = "risk", &Topic{ID: "status", Title: "商户状态异常", Object: "merchant", Move: "acquirer"}
	open := []TicketState{{No: "T1", Status: "OPEN", About: "documents"}}
	for _, c := range []struct {
		name string
		st   State
		in   Input
		want string // what is said, and where it leads
	}{
		{"just proven", told, Input{Bound: true, Fresh: true}, "file\nfile.body\nfile.ask filing"},
		{"proven long ago", told, Input{Bound: true, Binds: true, Numbered: true}, "file.prove verifying"},
		{"proven on a page, long ago", told, Input{Bound: true, Binds: true}, "file.prove.number verifying"},
		{"proven long ago, no tries left", told, Input{Bound: true, Binds: true, Numbered: true, Spent: true}, "verify.spent proposing"},
		{"proven long ago, no codes", told, Input{Bound: true}, "file.unproven proposing"},
		{"proven long ago, changes nothing", mild, Input{Bound: true, Binds: true}, "file\nfile.body\nfile.ask filing"},
		{"open already", told, Input{Bound: true, Fresh: true, Tickets: open}, "ticket.joined understanding"},
		{"open already, proven long ago", told, Input{Bound: true, Binds: true, Tickets: open}, "ticket.joined understanding"},
		{"not bound", told, Input{}, "request.taken queued.closed person"},
	} {
		c.in.Kind, c.in.Choice, c.in.At = Chose, "ticket", 1000
		st, out, err := f.Next(c.st, c.in)
		if got := says(out) + " " + st.At; err != nil || got != c.want {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
		if out.Ticket != "" {
			t.Errorf("%s: the ticket went out unseen", c.name)
		}
	}
}

// TestAdds: on the screen of a ticket that is not sent, a line is a reply or goes into the ticket.
func TestAdds(t *testing.T) {
	f := flow(t)
	st := standing(f)["filing"]
	long := strings.Repeat("补", 500)
	for _, c := range []struct{ text, added, ticket, at string }{
		{"1", "", "documents", "acquirer"}, {"好的", "", "documents", "acquirer"}, {"提交", "", "documents", "acquirer"},
		{"2", "", "", "filing"}, {"3", "", "", "understanding"}, {"不", "", "", "understanding"}, {"算了", "", "", "understanding"},
		{"机身号尾号 7781", "机身号尾号 7781", "", "filing"}, {long, long[:3*maxAdded] + "…", "", "filing"}, {"转人工", "", "", "person"},
	} {
		next, out, err := f.Next(st, Input{Kind: Said, Text: c.text, Bound: true, Fresh: true, At: 1000})
		if err != nil || next.Added != c.added || out.Ticket != c.ticket || next.At != c.at {
			t.Errorf("%.20s: added %.20q, ticket %q, %s, %v", c.text, next.Added, out.Ticket, next.At, err)
		}
	}
	if f.Tickets.Fresh != 30*time.Minute {
		t.Error(f.Tickets.Fresh)
	}
}
