package desk

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"posdoctor/bot"
	"posdoctor/flows"
)

// Names of the settings of the desk.
const (
	SettingHours   = "hours"
	SettingRouting = "routing"
	SettingSLA     = "sla"
)

// Routing is how conversations come to agents, as the setting "routing". Times are seconds.
type Routing struct {
	Offers     bool `json:"offers"`      // conversations are offered to agents; otherwise they take them from the list
	AutoAccept bool `json:"auto_accept"` // who is offered one has it
	LastAgent  bool `json:"last_agent"`  // a merchant comes to who served him last, where he is free
	OfferFor   int  `json:"offer_s"`     // for how long an offer stands
	TransferTo int  `json:"transfer_s"`  // for how long who is asked to take over may think
	Grace      int  `json:"grace_s"`     // an agent who is disconnected for so long loses his conversations
	Silent     int  `json:"silent_s"`    // so does one who leaves a merchant without any answer; 0: never
	Widen      int  `json:"widen_s"`     // after so long a wait it is offered to who lacks the skill or the team
	Capacity   int  `json:"capacity"`    // conversations at once, of agents for whom nothing else is set
}

// DefaultRouting is how it goes until somebody sets it.
func DefaultRouting() Routing {
	return Routing{Offers: true, LastAgent: true, OfferFor: 20, TransferTo: 30, Grace: 180, Silent: 180, Widen: 120, Capacity: 6}
}

// Validate says what is wrong, in a sentence for who set it, or nothing.
func (r Routing) Validate() error {
	for _, x := range []struct {
		name        string
		v, min, max int
	}{
		{"接入倒计时", r.OfferFor, 5, 300}, {"转接等待", r.TransferTo, 5, 300}, {"断线宽限", r.Grace, 30, 3600},
		{"扩大分配前的等待", r.Widen, 0, 3600}, {"同时接待上限", r.Capacity, 1, 50},
	} {
		if x.v < x.min || x.v > x.max {
			return fmt.Errorf("%s要在 %d 到 %d 之间。", x.name, x.min, x.max)
		}
	}
	if r.Silent != 0 && (r.Silent < 60 || r.Silent > 3600) {
		return fmt.Errorf("久未回复的时间要在 60 到 3600 秒之间；不收回会话请填 0。")
	}
	return nil
}

// SLA are the targets, as the setting "sla":
//
//	{"targets":{"general":{"first_s":180,"resolve_s":7200}},"amber":70,"reply_amber_s":90,"reply_red_s":180}
type SLA struct {
	// Targets by skill; a skill without one has that of general. They run while people serve.
	Targets map[string]Target `json:"targets"`
	Amber   int               `json:"amber"` // from which part of a target on it is urgent, in percent
	// Of each further answer, in seconds since the merchant asked.
	ReplyAmber int `json:"reply_amber_s"`
	ReplyRed   int `json:"reply_red_s"`
}

// Target is until when something should have happened, in seconds since people were wanted; 0 is never.
type Target struct {
	First   int `json:"first_s"`
	Resolve int `json:"resolve_s"`
}

// DefaultSLA are the targets until somebody sets them.
func DefaultSLA() SLA {
	return SLA{Targets: map[string]Target{flows.SkillGeneral: {First: 180, Resolve: 2 * 60 * 60}}, Amber: 70, ReplyAmber: 90, ReplyRed: 180}
}

// Validate says what is wrong, in a sentence for who set it, or nothing.
func (s SLA) Validate() error {
	if s.Amber < 10 || s.Amber > 95 {
		return fmt.Errorf("提前提醒的比例要在 10 到 95 之间。")
	}
	if s.ReplyRed != 0 && (s.ReplyAmber < 10 || s.ReplyAmber >= s.ReplyRed || s.ReplyRed > 3600) {
		return fmt.Errorf("回复提醒至少 10 秒，并且要早于超时；超时最多 3600 秒，不用请填 0。")
	}
	for skill, t := range s.Targets {
		switch {
		case !slices.Contains(flows.Skills, skill):
			return fmt.Errorf("没有 %s 这个技能组，只有 settlement、risk、terminal、general。", skill)
		case t.First < 0 || t.First > 24*60*60 || t.Resolve < 0 || t.Resolve > 30*24*60*60:
			return fmt.Errorf("首次响应目标最长 1 天，解决目标最长 30 天，单位是秒。")
		case t.First > 0 && t.Resolve > 0 && t.Resolve < t.First:
			return fmt.Errorf("解决目标不能短于首次响应目标。")
		}
	}
	return nil
}

// From are the targets of a case that begins at a time, one for each skill that has its own and one for all others.
func (s SLA) From(at time.Time, c Calendar) []bot.Targets {
	var out []bot.Targets
	reply := bot.Due{Amber: int64(s.ReplyAmber) * 1000, Red: int64(s.ReplyRed) * 1000}
	for _, skill := range flows.Skills {
		t, ok := s.Targets[skill]
		if !ok {
			continue
		}
		x := bot.Targets{Skill: skill, First: s.due(at, t.First, c), End: s.due(at, t.Resolve, c), Reply: reply}
		if skill == flows.SkillGeneral {
			x.Skill = ""
		}
		out = append(out, x)
	}
	return out
}

// due is when a target of so many seconds becomes urgent and is missed.
func (s SLA) due(at time.Time, seconds int, c Calendar) bot.Due {
	if seconds <= 0 {
		return bot.Due{}
	}
	d := time.Duration(seconds) * time.Second
	amber, ok1 := c.Add(at, d*time.Duration(s.Amber)/100)
	red, ok2 := c.Add(at, d)
	if !ok1 || !ok2 {
		return bot.Due{} // people never come
	}
	return bot.Due{Amber: amber.UnixMilli(), Red: red.UnixMilli()}
}

// Settings are all that operators set for the desk.
type Settings struct {
	Hours   Hours
	Routing Routing
	SLA     SLA
}

// Defaults are the settings of a desk for which nothing was set.
func Defaults() Settings {
	return Settings{Hours: DefaultHours(), Routing: DefaultRouting(), SLA: DefaultSLA()}
}

// Read reads one setting over its default, and holds it against its rules: {"hours": …}. An unknown name is an error.
func (s *Settings) Read(name, value string) error {
	var err error
	switch name {
	case SettingHours:
		s.Hours, err = read(value, DefaultHours())
	case SettingRouting:
		s.Routing, err = read(value, DefaultRouting())
	case SettingSLA:
		s.SLA, err = read(value, DefaultSLA())
	default:
		err = fmt.Errorf("there is no setting %q of the desk", name)
	}
	return err
}

// read decodes a setting; one that is not sound is refused and the default returned. What is set replaces its default wholly, lists and
// tables too; what is left out is as it ships.
func read[T interface{ Validate() error }](value string, preset T) (T, error) {
	if value == "" {
		return preset, nil
	}
	var out T
	var set map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal([]byte(value), &out), json.Unmarshal([]byte(value), &set)); err != nil {
		return preset, fmt.Errorf("这份设置看不懂：%w", err)
	}
	to, from := reflect.ValueOf(&out).Elem(), reflect.ValueOf(preset)
	for i := range from.NumField() {
		if name, _, _ := strings.Cut(from.Type().Field(i).Tag.Get("json"), ","); set[name] == nil {
			to.Field(i).Set(from.Field(i))
		}
	}
	if err := out.Validate(); err != nil {
		return preset, err
	}
	return out, nil
}
