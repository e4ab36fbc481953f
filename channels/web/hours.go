package web

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"posdoctor/bot"
)

// Hours is what a bot.Desk may say beside how it stands: when people are there for an address, 9:00–21:00, or "" when that is always or
// nobody has set it. Day and night is not worth a line: it would be read as a promise that somebody answers at once.
type Hours interface {
	HoursAt(ctx context.Context, a bot.Address) (string, error)
}

// hours is when people answer on a site, as its visitors read it: in the site's own words, or from the calendar of the desk.
//
//	人工服务 9:00–21:00（北京时间）
func (c *Channel) hours(ctx context.Context, s *Site) string {
	h, ok := c.desk.(Hours)
	if s.Hours != "" || !ok {
		return s.Hours
	}
	told, err := h.HoursAt(ctx, bot.Address{Channel: Name, Account: s.ID})
	if err != nil { // a chat without this line is better than none
		c.log.Error("reading the hours of a site", "site", s.ID, "err", err)
	}
	return hoursLine(told)
}

func hoursLine(told string) string {
	if told == "" {
		return ""
	}
	return fmt.Sprintf(textHours, told)
}

// Queue tells a waiting visitor where he stands, and why.
type Queue struct {
	bot.QueueLine
	Text  string `json:"text,omitempty"`     // why nobody takes over at once, or when people are there and come next
	Opens int64  `json:"opens_at,omitempty"` // out of hours: when people come next, milliseconds
}

// queue is the place of a visitor at the desk.
func (c *Channel) queue(d bot.DeskStatus, k bot.Case, s *Site) *Queue {
	ahead, wait := d.At(k.Skill, k.Priority)
	q := &Queue{QueueLine: bot.QueueLine{Pos: ahead + 1, ETA: wait, Open: d.Open}}
	switch d.Why {
	case "busy":
		q.Text = textBusy
	case "closed":
		q.Opens = d.Opens
		hours := hoursLine(d.Hours)
		if s != nil {
			hours = cmp.Or(s.Hours, hours)
		}
		leave := textLeave
		if d.Back != "" {
			leave = fmt.Sprintf(textLeaveUntil, d.Back)
		}
		if k.Left > 0 {
			leave = textLeft
		}
		if q.Text = leave; hours != "" {
			q.Text = strings.TrimRight(hours, "。") + "。" + leave
		}
	}
	if k.Left > 0 && d.Why != "closed" {
		q.Text = textLeft
	}
	return q
}
