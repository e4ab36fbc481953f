package importer

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"posdoctor/knowledge"
)

var day = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func shipped(t testing.TB) knowledge.Library {
	t.Helper()
	lib, err := knowledge.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// put writes a file into a folder of the test.
func put(t testing.TB, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// imported imports files into a new store.
func imported(t testing.TB, paths ...string) (Store, Report) {
	t.Helper()
	s := Store{Data: t.TempDir()}
	r, err := s.Import(context.Background(), paths, shipped(t), day, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

// all joins everything that the drafts of a report would tell.
func all(t testing.TB, r Report) string {
	t.Helper()
	text := ""
	for _, f := range r.Files {
		data, err := knowledge.Encode(struct {
			A []knowledge.Article `yaml:"articles"`
		}{f.Articles})
		if err != nil {
			t.Fatal(err)
		}
		text += string(data)
	}
	return text
}

// TestReasons: an article in three sections between an index and advertisements.
func TestReasons(t *testing.T) {
	_, r := imported(t, "testdata/reasons.txt")
	checkReasons(t, r)
}

func checkReasons(t *testing.T, r Report) {
	t.Helper()
	if len(r.Files) != 1 || len(r.Files[0].Articles) != 1 {
		t.Fatalf("%+v", r.Files[0].Articles)
	}
	a := r.Files[0].Articles[0]
	causes, impacts, solution, prevention := Points(a)
	if a.Title != "收款终端签到不成功" || causes != 5 || impacts != 4 || solution != 5 || prevention != 0 {
		t.Errorf("%q %d %d %d %d\n%s", a.Title, causes, impacts, solution, prevention, all(t, r))
	}
	if a.Brief != "常见原因：线路不通、时钟走偏、登记缺漏、密钥丢失、主机维护" {
		t.Errorf("brief %q", a.Brief)
	}
	if !strings.Contains(a.Cause, "换签约人之后") {
		t.Errorf("the pushed letters stay: %s", a.Cause)
	}
	for _, word := range []string{"通联", "杉德", "排行", "一清", "复制", "目录", "shoudan", "说到底"} {
		if strings.Contains(all(t, r), word) {
			t.Errorf("the draft holds %q", word)
		}
	}
}

// TestAnswers: two rounds of questions, the first question in both, with lists as answers.
func TestAnswers(t *testing.T) {
	_, r := imported(t, "testdata/answers.txt")
	if n := len(r.Files[0].Articles); n != 9 {
		t.Errorf("%d drafts\n%s", n, all(t, r))
	}
	want := map[string][4]int{
		"什么是收款终端打印不清？":      {2, 0, 0, 0},
		"怎么看出是不是打印头脏了？":     {0, 0, 1, 0},
		"纸装反了该怎么处理？":        {0, 0, 1, 0},
		"打印头脏了该如何清洁？":       {0, 0, 1, 0},
		"电量低也会让字变淡，要怎么办？":   {0, 0, 1, 0},
		"如何避免收款终端打印不清？":     {0, 0, 0, 1},
		"收款终端打印不清的原因有哪些？":   {4, 0, 0, 0},
		"怎么解决收款终端打印不清？":     {0, 0, 4, 0},
		"预防收款终端打印不清可以做些什么？": {0, 0, 0, 3},
	}
	for _, a := range r.Files[0].Articles {
		var got [4]int
		got[0], got[1], got[2], got[3] = Points(a)
		if w, ok := want[a.Title]; !ok || got != w {
			t.Errorf("%q: %v, want %v", a.Title, got, w)
		}
		delete(want, a.Title)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	for _, word := range []string{"随行付", "排行", "复制", "标签", "通过以上", "当今"} {
		if strings.Contains(all(t, r), word) {
			t.Errorf("a draft holds %q", word)
		}
	}
}

// TestEveryLine: each line of a text is in a draft, or is dropped with a reason; a number or label may stand apart.
func TestEveryLine(t *testing.T) {
	for _, name := range []string{"testdata/reasons.txt", "testdata/answers.txt"} {
		_, r := imported(t, name)
		f := r.Files[0]
		told := knowledge.Normalize(all(t, r))
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			b := block{text: clean(line)}
			b.read(false)
			key := knowledge.Normalize(b.text)
			if key == "" || slices.ContainsFunc(f.Import.Dropped, func(d Dropped) bool { return d.Line == i+1 && d.Why != "" }) {
				continue
			}
			// The encoder may fold spaces; without any the words must be there.
			if !strings.Contains(strings.ReplaceAll(told, " ", ""), strings.ReplaceAll(key, " ", "")) && !slices.ContainsFunc(f.Import.Drafts, func(d Draft) bool { return d.Line == i+1 }) &&
				aspectOf(line) == aspectNone {
				t.Errorf("%s:%d is nowhere: %s", name, i+1, line)
			}
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"收kuan款失败":       "收款失败",
		"刷k\u200ba卡":     "刷卡",
		"微*信支付":          "微信支付",
		"用app收款,可以吗?":    "用app收款，可以吗？",
		"费率0.38%,封顶":     "费率0.38%，封顶",
		"数量*单价":          "数量*单价",
		"连上wifi再试":       "连上wifi再试",
		"a < b":          "a ＜ b",
		"（如）操作(错误)":      "（如）操作（错误）",
		"提示 51, 55":      "提示 51, 55",
		"\x00坏\ufeff字\t": "坏字",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestAdvertises(t *testing.T) {
	for text, ad := range map[string]bool{
		"加微信办理,名额有限":                  true,
		"客服微信:pos12345,欢迎咨询":          true,
		"办理热线 13800001234":            true,
		"杉德POS机正规一清,手续费低":             true,
		"pos机哪个牌子好,怎么申请pos机":          true,
		"收款码立牌只要 29 元一台,包邮":           true,
		"请拨打发卡行客服电话 95588 核实":         false,
		"可以使用微信支付或现金":                 false,
		"拉卡拉的机器提示商户状态异常":              false,
		"联系支付公司客服,说明情况":               false,
		"选择正规的机构签约":                   false,
		"顾客的手机扫码后没有反应":                false,
		"手续费从结算款里扣除,每笔 0.38%,封顶 13 元": false,
	} {
		if got := advertises(block{text: text}) != ""; got != ad {
			t.Errorf("%s: %t (%s)", text, got, advertises(block{text: text}))
		}
	}
}

func TestAspectOf(t *testing.T) {
	for text, want := range map[string]aspect{
		"刷卡失败的原因": aspectCause,
		"有什么影响":   aspectImpact,
		"解决办法":    aspectSolution,
		"怎么办":     aspectSolution,
		"预防刷卡失败的措施有哪些？": aspectPrevention,
		"如何避免":    aspectPrevention,
		"原因及解决方法": aspectMixed,
		"收款终端":    aspectNone,
		"为什么刷不了卡": aspectCause,
	} {
		if got := aspectOf(text); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}
