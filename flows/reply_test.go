package flows

import "testing"

// TestFitSpoken: what merchants really type in reply, by mouth and in dialect, and what must not be taken for a reply.
func TestFitSpoken(t *testing.T) {
	f := flow(t)
	check := &Prompt{Kind: PromptCheck, Ref: "all-cards", Choices: []Choice{{"all-cards:yes", "都不行"}, {"all-cards:no", "只有这张卡"}, {"all-cards:unknown", "没试过"}}}
	confirm := &Prompt{Kind: PromptConfirm, Choices: f.choice("solved", "unsolved", "human")}
	decide := &Prompt{Kind: PromptDecide, Choices: f.choice("ticket", "unsolved", "human")}
	const yes, no, unknown = "all-cards:yes", "all-cards:no", "all-cards:unknown"
	for _, c := range []struct {
		prompt     *Prompt
		text, want string
	}{
		// Yes.
		{check, "是滴", yes}, {check, "对头", yes}, {check, "嗯呐", yes}, {check, "系呀", yes}, {check, "对对对", yes}, {check, "有过的", yes}, {check, "有呀", yes}, {check, "确实", yes}, {check, "要得", yes},
		// No.
		{check, "冇", no}, {check, "唔系", no}, {check, "莫得", no}, {check, "没得", no}, {check, "木有", no}, {check, "没有呢", no}, {check, "没有过", no}, {check, "从来没有", no}, {check, "不是的呢", no}, {check, "弗是", no},
		// Does not know.
		{check, "我也不知道呀", unknown}, {check, "唔知道", unknown}, {check, "搞不清楚", unknown}, {check, "不太清楚", unknown}, {check, "要问老板", unknown}, {check, "记不得了", unknown}, {check, "没印象", unknown}, {check, "不造", unknown},
		// A guess counts for nothing.
		{check, "好像是", unknown}, {check, "应该没有", unknown}, {check, "可能是的吧", unknown},
		// Numbers and places.
		{check, "选择1", yes}, {check, "回复2", no}, {check, "答3", unknown}, {check, "我选第二个", no}, {check, "1吧", yes}, {check, "前者", yes}, {check, "后者", no}, {check, "最后一个", unknown}, {check, "第3种", unknown},
		{&Prompt{Kind: PromptCheck, Ref: "all-cards", Choices: []Choice{{"all-cards:yes", "几台都刷不了"}, {"all-cards:no", "就这一台"}, {"all-cards:unknown", "没有第二台或没试"}}}, "没有第二台", unknown},
		// None of them.
		{check, "1和2", ""}, {check, "两台", ""}, {check, "十", ""}, {check, "58", ""}, {check, "是不是", ""}, {check, "有没有", ""}, {check, "好了", ""}, {check, "哦", ""}, {check, "?", ""}, {check, "你说呢", ""},
		{check, "不是这个问题", ""}, {check, "还没弄", ""},
		// Did it help?
		{confirm, "搞掂", "solved"}, {confirm, "修好了", "solved"}, {confirm, "得咗", "solved"}, {confirm, "好啦", "solved"}, {confirm, "不得行", "unsolved"}, {confirm, "还是不中", "unsolved"}, {confirm, "照样不行", "unsolved"},
		{confirm, "好像是", ""}, {confirm, "好了吗", ""}, {confirm, "怎么好", ""},
		{confirm, "扫码行不行", ""}, {confirm, "换张卡行不行啊", ""}, {confirm, "修没修好", ""}, {confirm, "不行不行", "unsolved"}, {confirm, "扫码不行", "unsolved"},
		{decide, "要得", "ticket"}, {decide, "可以的", "ticket"}, {decide, "应该可以", ""}, {decide, "不要", ""},
	} {
		if got := f.fit(c.prompt, c.text); got != c.want {
			t.Errorf("fit(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

// TestWhen: a time answers a check only when all of it lies on one side.
func TestWhen(t *testing.T) {
	f := flow(t)
	f.Table.Checks = append(f.Table.Checks, Check{ID: "worked-lately"}, Check{ID: "long-unused"})
	for _, c := range []struct {
		check string
		ago   Ago
		want  string
	}{
		{"worked-lately", Ago{0, 0}, "worked-lately:yes"}, {"worked-lately", Ago{1, 7}, "worked-lately:yes"}, {"worked-lately", Ago{7, 13}, "worked-lately:no"}, {"worked-lately", Ago{5, 9}, "worked-lately:unknown"},
		{"long-unused", Ago{1, 7}, "long-unused:no"}, {"long-unused", Ago{90, 113}, "long-unused:yes"}, {"long-unused", Ago{60, 200}, "long-unused:unknown"}, {"all-cards", Ago{1, 1}, ""},
	} {
		if got := f.when(&Prompt{Kind: PromptCheck, Ref: c.check}, &c.ago); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.check, c.ago, got, c.want)
		}
	}
	if f.when(nil, &Ago{}) != "" || f.when(&Prompt{Kind: PromptConfirm}, &Ago{}) != "" || f.when(&Prompt{Kind: PromptCheck, Ref: "worked-lately"}, nil) != "" {
		t.Error("a time answered what was not asked")
	}
}

// TestFragment: what waits for the rest of its message, and what never does.
func TestFragment(t *testing.T) {
	f := flow(t)
	check := State{At: "diagnosing", Topic: &Topic{ID: "x"}, Pending: &Prompt{Kind: PromptCheck, Ref: "all-cards", Choices: []Choice{{"all-cards:yes", "都不行"}, {"all-cards:no", "只有这张卡"}, {"all-cards:unknown", "没试过"}}}}
	for _, c := range []struct {
		st   State
		text string
		want bool
	}{
		{State{}, "你好", true}, {State{}, "在吗", true}, {State{}, "机器", true}, {State{}, "刷不了", true}, {State{}, "打印机不出纸，", true}, {State{}, "打印机不出纸、", true}, {State{}, "我的机器……", true}, {State{}, "我的机器...", true}, {State{}, "？", true}, {check, "在吗", true},
		{State{}, "我这个机子", true}, {State{}, "店里那台POS机啊", true}, {State{}, "我这个机子坏了", false}, {State{}, "我要投诉", false}, {State{}, "打印机不出纸", false}, {State{}, "打印机不出纸。", false}, {State{}, "转人工", false}, {State{}, "人工", false}, {State{}, "取消", false}, {State{}, "留言", false}, {State{}, "谢谢", false}, {State{}, "好了", false}, {State{}, "不行", true}, {check, "不行", false},
		{check, "1", false}, {check, "②", false}, {check, "是", false}, {check, "冇", false}, {check, "不知道", false}, {check, "好像是", false}, {check, "都不行，", false}, {State{}, "1", true},
	} {
		if got := f.Fragment(c.st, Input{Text: c.text}, false); got != c.want {
			t.Errorf("%s at %q: %v", c.text, c.st.At, got)
		}
	}
	if f.Fragment(State{}, Input{Text: "58", Codes: []Code{{Text: "58"}}}, true) || f.Fragment(State{}, Input{Text: "转人工"}, true) || f.Fragment(State{}, Input{Text: "没到账", Topic: &Topic{Object: "settlement"}}, false) {
		t.Error("a code, a word that steers or a sure trouble waits")
	}
	if !f.Fragment(State{}, Input{Text: "打印机不出纸"}, true) {
		t.Error("a line is not joined with the next that is there already")
	}
}

// TestDayOrChoice: 3号 is a day where a time is asked for, and the third choice elsewhere.
func TestDayOrChoice(t *testing.T) {
	f := flow(t)
	f.Table.Checks = append(f.Table.Checks, Check{ID: "worked-lately", Answers: []CheckAnswer{{ID: "yes", Text: "用过"}, {ID: "no", Text: "没用过"}, {ID: "unknown", Text: "记不清"}}})
	for check, want := range map[string]string{"worked-lately": "no", "all-cards": "unknown"} {
		c := f.Table.check(check)
		if c == nil {
			t.Fatalf("the table has no check %s", check)
		}
		p := &Prompt{Kind: PromptCheck, Ref: check}
		for _, a := range c.Answers {
			p.Choices = append(p.Choices, Choice{answerID(check, a.ID), a.Text})
		}
		st := State{At: "diagnosing", Topic: &Topic{ID: "x", Object: "merchant", Move: "diagnose"}, Asked: []string{check}, Pending: p}
		next, _, err := f.Next(st, Input{Kind: Said, Text: "3号", Ago: &Ago{23, 23}})
		if err != nil || len(next.Evidence) != 1 || next.Evidence[0].Answer != want {
			t.Errorf("%s: %+v, %v, want %s", check, next.Evidence, err, want)
		}
	}
}

// TestIncidentWithoutTopic: a running incident counts and is told also where only symptoms are named.
func TestIncidentWithoutTopic(t *testing.T) {
	f := flow(t)
	in := Incident{ID: "i", Text: "甲行系统维护中", Causes: []string{f.Table.Causes[0].ID}, Weight: 8}
	next, out, err := f.Next(State{At: f.Start}, Input{Kind: Said, Text: "换了张卡也不行", Evidence: []Evidence{{Check: "all-cards", Answer: "yes"}}, Incident: &in})
	if err != nil || next.Incident == nil || len(out.Steps) == 0 || out.Steps[0].Say != "incident" {
		t.Errorf("%+v, %+v, %v", next.Incident, out.Steps, err)
	}
}
