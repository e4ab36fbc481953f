package flows

import (
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write dialogue.md, dialogue.svg and keys.txt anew")

// small is a table of three causes and two checks whose arithmetic can be done by hand.
func small() Table {
	yesNo := []CheckAnswer{{ID: "yes", Text: "都不行", Words: []string{"全都不行"}}, {ID: "no", Text: "只有这张卡", Words: []string{"就一张"}}, {ID: "unknown", Text: "没试过"}}
	checks := []Check{}
	for _, id := range []string{"all-cards", "all-terminals", "status-word", "device-text", "money-missing"} {
		checks = append(checks, Check{ID: id, Ask: id + "?", Cost: 1, Answers: yesNo})
	}
	return Table{
		Checks: checks,
		Causes: []Cause{
			{ID: "documents", Title: "证照", Brief: "可能是证照过期", Object: "merchant", Group: "acquirer", Prior: 0.5, Ticket: true, Facts: []string{"DOCS_EXPIRED"}, Yes: map[string]float64{"all-cards": 0.9, "all-terminals": 0.9}},
			{ID: "payer", Title: "这张卡", Brief: "换张卡", Object: "payer", Group: "self", Prior: 0.3, Yes: map[string]float64{"all-cards": 0.05, "all-terminals": 0.9}},
			{ID: "keys", Title: "密钥", Brief: "先签到", Object: "terminal", Group: "service", Prior: 0.2, Yes: map[string]float64{"all-cards": 0.9, "all-terminals": 0.05}},
		},
	}
}

func flow(t *testing.T) *Flow {
	t.Helper()
	f, err := Embedded(small())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFit(t *testing.T) {
	f := flow(t)
	check := &Prompt{Kind: PromptCheck, Ref: "all-cards", Choices: []Choice{{"all-cards:yes", "都不行"}, {"all-cards:no", "只有这张卡"}, {"all-cards:unknown", "没试过"}}}
	confirm := &Prompt{Kind: PromptConfirm, Choices: f.choice("solved", "unsolved", "human")}
	decide := &Prompt{Kind: PromptDecide, Choices: f.choice("ticket", "unsolved", "human")}
	for _, c := range []struct {
		prompt     *Prompt
		text, want string
	}{
		{check, "1", "all-cards:yes"}, {check, "①", "all-cards:yes"}, {check, "１", "all-cards:yes"}, {check, "1.", "all-cards:yes"},
		{check, "第一个", "all-cards:yes"}, {check, "选2", "all-cards:no"}, {check, "第二种", "all-cards:no"}, {check, "三", "all-cards:unknown"},
		{check, "4", ""}, {check, "0", ""}, {check, "58", ""}, {check, "12", ""},
		{check, "都不行", "all-cards:yes"}, {check, "都不行！", "all-cards:yes"}, {check, "全都不行啊", "all-cards:yes"}, {check, "只有这张卡", "all-cards:no"},
		{check, "是的", "all-cards:yes"}, {check, "没有", "all-cards:no"}, {check, "不是", "all-cards:no"}, {check, "不知道", "all-cards:unknown"}, {check, "没注意", "all-cards:unknown"},
		{check, "钱没到账怎么办呀我等了三天了", ""}, {check, "", ""}, {check, "？？", ""},
		{confirm, "好了", "solved"}, {confirm, "没好", "unsolved"}, {confirm, "没解决", "unsolved"}, {confirm, "解决了", "solved"}, {confirm, "还是没解决", "unsolved"}, {confirm, "不行", "unsolved"}, {confirm, "没有", "unsolved"}, {confirm, "3", "human"},
		{decide, "好的", "ticket"}, {decide, "提交", "ticket"}, {decide, "不像", "unsolved"},
		{nil, "1", ""},
	} {
		if got := f.fit(c.prompt, c.text); got != c.want {
			t.Errorf("fit(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestIntent(t *testing.T) {
	f := flow(t)
	for text, want := range map[string]string{
		"转人工": "human", "我要转人工！": "human", "人工": "human", "说了半天也没用给我转人工客服吧求你了": "human", "不要转人工": "", "先别转人工": "",
		"说错了": "correct", "上一步": "correct", "再说一遍": "repeat", "重新开始": "restart", "查进度": "progress", "谢谢": "thanks", "你好": "greeting",
		"在吗": "greeting", "取消": "cancel", "算了": "cancel", "傻逼": "abuse", "商户状态异常": "", "": "", "谢谢你上次帮我但是今天机器又刷不了卡了": "", "继续": "continue",
	} {
		if got := f.intent(text); got != want {
			t.Errorf("intent(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestDiagnosis(t *testing.T) {
	table := small()
	topic := &Topic{ID: "x", Causes: nil}
	for _, c := range []struct {
		name  string
		st    State
		first string
		p     float64
	}{
		{"priors", State{Topic: topic}, "documents", 0.5},
		{"one card", State{Evidence: []Evidence{{Check: "all-cards", Answer: "no"}}}, "payer", 0.285 / (0.285 + 0.05 + 0.02)},
		{"do not know is nothing", State{Evidence: []Evidence{{Check: "all-cards", Answer: "unknown"}}}, "documents", 0.5},
		{"the record proves", State{Read: "done", Facts: []Fact{{State: "DOCS_EXPIRED"}}, Evidence: []Evidence{{Check: "all-cards", Answer: "no"}}}, "documents", 10.0 / (10 + 0.285 + 0.02)},
		{"the record is clear", State{Read: "done"}, "payer", 0.3 / (0.3 + 0.2 + 0.5*unseen)},
		{"tried is out", State{Tried: []string{"documents"}}, "payer", 0.6},
		{"the topic counts", State{Topic: &Topic{Causes: []string{"keys", "payer"}}}, "keys", 1.0 / (1 + 0.9 + 0.5)},
	} {
		post := table.Posterior(c.st)
		if post[0].ID != c.first || post[0].P < c.p-1e-9 || post[0].P > c.p+1e-9 {
			t.Errorf("%s: %+v, want %s %.4f", c.name, post, c.first, c.p)
		}
	}
	st, f := State{}, flow(t)
	if c := f.next(st, 5, 0.8); c == nil || c.ID != "all-cards" {
		t.Errorf("the best check is all-cards, got %v", c)
	}
	st.Asked = []string{"all-cards", "all-terminals"}
	if c := f.next(st, 5, 0.8); c != nil {
		t.Errorf("no check separates what is left, got %s", c.ID)
	}
}

func TestMachineKeepsToItsTable(t *testing.T) {
	f := flow(t)
	checking := &Prompt{Kind: PromptCheck}
	if at, err := f.move(State{At: "greeting", Pending: checking}, Input{}, "ask"); err != nil || at != "diagnosing" {
		t.Errorf("greeting ask: %s %v", at, err)
	}
	if at, err := f.move(State{At: "diagnosing", Pending: checking}, Input{}, "ask"); err != nil || at != "diagnosing" {
		t.Errorf("a self-loop is a success: %s %v", at, err)
	}
	if at, err := f.move(State{At: "person", Pending: checking}, Input{}, "ask"); err == nil || at != "person" {
		t.Errorf("the bot asked while a person speaks: %s %v", at, err)
	}
}

// spoken returns the keys of texts that the code says: what stands first in a call that speaks, what reads like a key, and words that
// are one.
func spoken(t *testing.T, texts map[string]string) []string {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	call := regexp.MustCompile(`\b(?:say|question|again|listen|advance|offerObjects|afterRecord|card|leaveQueue|Text)\("([a-z.]+)"|Say(?:: *| \+?= *)"([a-z.\\]+)"`)
	literal := regexp.MustCompile(`"([a-z]+(?:\.[a-z]+)*(?:\\n[a-z.]+)?)"`)
	for _, file := range append(files, "../bot/desk.go", "../bot/dialogue.go", "../bot/ticket.go", "../bot/promise.go", "../bot/news.go") {
		if strings.HasSuffix(file, "_test.go") || file == "lint.go" {
			continue
		}
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		add := func(literal string, sure bool) {
			for _, key := range strings.Split(literal, `\n`) {
				if key != "" && !strings.HasSuffix(key, ".") && (sure || texts[key] != "" || strings.Contains(key, ".")) {
					keys[key] = true
				}
			}
		}
		for _, m := range call.FindAllStringSubmatch(string(code), -1) {
			add(m[1]+m[2], true)
		}
		for _, m := range literal.FindAllStringSubmatch(string(code), -1) {
			add(m[1], strings.Contains(m[1], `\n`))
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// TestKeys holds the list of texts that the code says against the code.
func TestKeys(t *testing.T) {
	texts, _, err := readTexts(textsYAML)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(spoken(t, texts), "\n") + "\n"
	if *update {
		if err := os.WriteFile("keys.txt", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != keysTXT {
		t.Errorf("keys.txt is not what the code says: run `go test ./flows -run Keys -update`\n%s", cmp.Diff(keysTXT, got))
	}
}

// TestTexts holds the texts, in all their wordings, to the style sheet.
func TestTexts(t *testing.T) {
	f := flow(t)
	for key, text := range f.Texts {
		for _, text := range append([]string{text}, f.More[key]...) {
			styled(t, key, text)
		}
		seen := map[string]bool{text: true}
		for _, other := range f.More[key] {
			if seen[other] {
				t.Errorf("text %s has a wording twice: %s", key, other)
			}
			seen[other] = true
			if names(other) != names(text) {
				t.Errorf("text %s: its wordings do not say the same, %s and %s", key, text, other)
			}
		}
	}
}

// names are what is filled in, in the order of the alphabet.
func names(text string) string {
	all := regexp.MustCompile(`\{[a-z]+\}`).FindAllString(text, -1)
	slices.Sort(all)
	return strings.Join(all, " ")
}

func styled(t *testing.T, key, text string) {
	for _, word := range []string{"亲", "哦", "呢", "操作错误", "你", "<", ">"} {
		if strings.Contains(text, word) {
			t.Errorf("text %s says %q: %s", key, word, text)
		}
	}
	if m := regexp.MustCompile(`\p{Han}[,.?!:;]|[,.?!:;]\p{Han}`).FindString(text); m != "" {
		t.Errorf("text %s has half-width punctuation in Chinese: %s", key, text)
	}
	if utf8.RuneCountInString(text) > 160 {
		t.Errorf("text %s is too long to read at the till", key)
	}
}

// TestOlderTexts: a flow that was pinned before this program learnt something has the shipped words for it.
func TestOlderTexts(t *testing.T) {
	f := Flow{Texts: map[string]string{"greeting": "早"}}
	for key, want := range map[string]string{"greeting": "早", "media.heard": "我听到的是：「58」。", "no.such": "no.such"} {
		if got := f.Text(key, map[string]string{"text": "58"}); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

// TestDrawings holds the drawings that are checked in against the table.
func TestDrawings(t *testing.T) {
	f := flow(t)
	for file, got := range map[string]string{"dialogue.md": f.Mermaid(), "dialogue.svg": f.SVG()} {
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || string(want) != got {
			t.Errorf("%s is not what the table draws (%v); run `go run ./server flows draw --out flows/dialogue.md --svg flows/dialogue.svg`", file, err)
		}
	}
}

// TestSVG: the picture is XML, shows every state and event, and nothing of it lies outside.
func TestSVG(t *testing.T) {
	f := flow(t)
	svg := f.SVG()
	dec := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := dec.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range f.stateNames() {
		if !strings.Contains(svg, ">"+s+"</text>") {
			t.Errorf("state %s is not in the picture", s)
		}
	}
	for i := range f.Events {
		if !strings.Contains(svg, f.Events[i].label()) {
			t.Errorf("event %s is not in the picture", f.Events[i].Name)
		}
	}
	var w, h int
	if _, err := fmt.Sscanf(svg[strings.Index(svg, "viewBox"):], "viewBox=\"0 0 %d %d\"", &w, &h); err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`<rect class="(?:box|frame)" x="(-?\d+)" y="(-?\d+)" width="(\d+)" height="(\d+)"`).FindAllStringSubmatch(svg, -1) {
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(m[i+1])
		}
		if n[0] < 0 || n[1] < 0 || n[0]+n[2] > w || n[1]+n[3] > h {
			t.Errorf("%s lies outside %d x %d", m[0], w, h)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	f, err := Embedded(small())
	if err != nil {
		b.Fatal(err)
	}
	topic := Topic{ID: "t", Title: "商户状态异常", Move: "diagnose", Brief: "先换个方式收款", Causes: []string{"documents"}}
	in := Input{Kind: Said, Text: "商户状态异常", Topic: &topic, Sure: 0.95}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := f.Next(State{At: f.Start}, in); err != nil {
			b.Fatal(err)
		}
	}
}
