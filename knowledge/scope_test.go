package knowledge

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const scoped = `articles:
  - {id: payout, title: 提现失败, move: answer, wordings: [提现提不出], brief: 记下提示原文}
  - {id: payout, brand: [拉卡拉, lakala], title: 拉卡拉提现失败, move: answer, brief: 先看拉卡拉的时段}
  - {id: payout, acquirer: [甲收单], title: 甲收单提现失败, move: answer, brief: 先看甲收单的公告}
  - {id: face, brand: [青蛙], title: 青蛙刷脸报错, move: answer, wordings: [青蛙刷脸不行], brief: 重启青蛙}
  - {id: fair, title: 展会期间, move: answer, brief: 展会临时机, valid_from: 2026-03-01, valid_to: 2026-03-05}
  - {id: code-03, title: 无效商户, move: answer, brief: 先换个方式收款, codes: ["03"]}
  - {id: code-03, acquirer: [乙收单], hide: true}
  - {id: face, brand: [青蛙], acquirer: [乙收单], title: 乙收单的青蛙, move: answer, brief: 联系乙收单}
`

// layered has an entry of one id for everybody, for an acquirer, for brands and for a brand at the acquirer.
const layered = `  - {id: payout, title: 提现失败, move: answer, wordings: [提现提不出], brief: 通用}
  - {id: payout, acquirer: [甲收单], title: 甲收单提现失败, move: answer, brief: 甲}
  - {id: payout, brand: [拉卡拉], title: 拉卡拉提现失败, move: answer, brief: 拉}
  - {id: payout, brand: [拉卡拉, 青蛙], title: 两家提现失败, move: answer, brief: 拉蛙}
  - {id: payout, brand: [拉卡拉], acquirer: [甲收单], title: 甲收单的拉卡拉, move: answer, brief: 甲拉}
  - {id: face, brand: [青蛙], title: 青蛙刷脸报错, move: answer, wordings: [青蛙刷脸不行], brief: 蛙}
  - {id: face, brand: [青蛙, 刷脸机], title: 刷脸机报错, move: answer, brief: 蛙机}
  - {id: face, brand: [青蛙], acquirer: [甲收单], title: 甲收单的青蛙, move: answer, brief: 甲蛙}
  - {id: gone, title: 展会期间, move: answer, wordings: [展会临时机], brief: 通用}
  - {id: gone, brand: [青蛙], title: 青蛙在展会, move: answer, brief: 蛙}
  - {id: gone, brand: [青蛙], acquirer: [甲收单], hide: true}
`

// The entry with the most limits is told, in whatever order a file has them.
func TestScopeOrder(t *testing.T) {
	lines := strings.SplitAfter(strings.TrimSuffix(layered, "\n"), "\n")
	lines[len(lines)-1] += "\n"
	rapid.Check(t, func(r *rapid.T) {
		lib, err := Load(folder("x.yaml", "articles:\n"+strings.Join(rapid.Permutation(lines).Draw(r, "lines"), "")))
		if err != nil {
			r.Fatal(err)
		}
		for _, test := range []struct{ acquirer, brands, id, message, want string }{
			{"", "", "payout", "提现提不出", "通用"},
			{"甲收单", "", "payout", "提现提不出", "甲"},
			{"甲收单", "", "payout", "拉卡拉提现提不出", "甲拉"},
			{"甲收单", "", "payout", "青蛙提现提不出", "拉蛙"},
			{"甲收单", "拉卡拉", "payout", "提现提不出", "甲拉"},
			{"甲收单", "青蛙", "payout", "提现提不出", "拉蛙"},
			{"乙收单", "青蛙", "payout", "提现提不出", "拉蛙"},
			{"甲收单", "", "face", "青蛙刷脸不行", "甲蛙"},
			{"甲收单", "", "face", "刷脸机不行", "蛙机"},
			{"甲收单", "青蛙", "face", "刷脸不行", "甲蛙"},
			{"", "", "gone", "青蛙在展会", "蛙"},
			{"甲收单", "", "gone", "青蛙在展会", ""},
			{"甲收单", "", "gone", "展会", "通用"},
			{"甲收单", "青蛙", "gone", "展会", ""},
		} {
			told, err := lib.For(Scope{Acquirer: test.acquirer, Brands: strings.Fields(test.brands)})
			if err != nil {
				r.Fatal(err)
			}
			got := ""
			if a, ok := told.Told(test.id, test.message); ok {
				got = a.Brief
				if test.id == "payout" && len(a.Wordings) == 0 {
					r.Errorf("%+v has not the words by which it is found", a)
				}
			}
			if got != test.want {
				r.Errorf("%+v: told %q", test, got)
			}
			if err := told.Validate(); err != nil {
				r.Error(err)
			}
		}
	})
}

func date(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, beijing)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// What is told for a message, by the scope of the installation.
func TestScope(t *testing.T) {
	lib, err := Load(folder("x.yaml", scoped))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, acquirer, brands, at string
		id, message, want          string // want: the brief, "" for nothing told
	}{
		{"for everybody", "", "", "", "payout", "提现提不出", "记下提示原文"},
		{"the message names the brand", "", "", "", "payout", "我的拉卡拉提现提不出", "先看拉卡拉的时段"},
		{"in another spelling", "", "", "", "payout", "LAKALA 提现提不出", "先看拉卡拉的时段"},
		{"the installation is the brand's", "", "拉卡拉", "", "payout", "提现提不出", "先看拉卡拉的时段"},
		{"the acquirer's own", "甲收单", "", "", "payout", "提现提不出", "先看甲收单的公告"},
		{"a brand goes before the acquirer's own", "甲收单", "", "", "payout", "拉卡拉提现提不出", "先看拉卡拉的时段"},
		{"nor the acquirer's for a brand", "丙收单", "", "", "face", "青蛙刷脸不行", "重启青蛙"},
		{"another acquirer's is not told", "丙收单", "", "", "payout", "提现提不出", "记下提示原文"},
		{"of a brand alone, not named", "", "", "", "face", "刷脸不行", ""},
		{"of a brand alone, named", "", "", "", "face", "青蛙刷脸不行", "重启青蛙"},
		{"of a brand and an acquirer", "乙收单", "", "", "face", "青蛙刷脸不行", "联系乙收单"},
		{"the installation's brand needs no name", "", "青蛙", "", "face", "刷脸不行", "重启青蛙"},
		{"hidden at one acquirer", "乙收单", "", "", "code-03", "提示03", ""},
		{"told at others", "甲收单", "", "", "code-03", "提示03", "先换个方式收款"},
		{"before the first day", "", "", "2026-02-28 23:59", "fair", "展会", ""},
		{"on the first day", "", "", "2026-03-01 00:00", "fair", "展会", "展会临时机"},
		{"at the end of the last day", "", "", "2026-03-05 23:59", "fair", "展会", "展会临时机"},
		{"afterwards", "", "", "2026-03-06 00:00", "fair", "展会", ""},
		{"without a clock everything is valid", "", "", "", "fair", "展会", "展会临时机"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := Scope{Acquirer: test.acquirer, Brands: strings.Fields(test.brands)}
			if test.at != "" {
				s.At = date(t, test.at)
			}
			told, err := lib.For(s)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if a, ok := told.Told(test.id, test.message); ok {
				got = a.Brief
			}
			if got != test.want {
				t.Errorf("told %q, want %q", got, test.want)
			}
			if err := told.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A variant is found by the words and codes of the general entry, and a library that nothing is limited in stays the same.
func TestScopeKeeps(t *testing.T) {
	lib, err := Load(folder("x.yaml", scoped))
	if err != nil {
		t.Fatal(err)
	}
	told, err := lib.For(Scope{})
	if err != nil {
		t.Fatal(err)
	}
	if len(told.Variants) != 1 || strings.Join(told.Variants[0].Wordings, "") != "提现提不出" {
		t.Errorf("variants %+v", told.Variants)
	}
	if told.Revision == lib.Revision || told.Limited() != 1 {
		t.Errorf("revision %s of %s, %d limited", told.Revision, lib.Revision, told.Limited())
	}
	plain, err := Load(folder("x.yaml", goodCauses+goodArticle))
	if err != nil {
		t.Fatal(err)
	}
	if same, err := plain.For(Scope{Acquirer: "甲收单", At: time.Now()}); err != nil || same.Revision != plain.Revision {
		t.Errorf("revision %s of %s, %v", same.Revision, plain.Revision, err)
	}
	// Just as many variants, and another content: what was for a brand at an acquirer is for the brand.
	one, err := Load(folder("x.yaml", "articles:\n  - {id: payout, title: 提现失败, move: answer, brief: 通用}\n  - {id: payout, brand: [拉卡拉], acquirer: [甲收单], title: 拉卡拉提现, move: answer, brief: 甲拉}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if ours, err := one.For(Scope{Acquirer: "甲收单"}); err != nil || len(ours.Variants) != 1 || ours.Revision == one.Revision {
		t.Errorf("revision %s of %s, %+v, %v", ours.Revision, one.Revision, ours.Variants, err)
	}
	if over := lib.Lapsed(date(t, "2026-03-06 00:00")); len(over) != 1 || over[0].ID != "fair" {
		t.Errorf("lapsed %+v", over)
	}
}

// An operator's files replace and hide by id, for everybody or for a brand; folders mean nothing.
func TestScopeOver(t *testing.T) {
	base, err := Load(folder("x.yaml", scoped))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, file, id, message, want string }{
		{"hide for everybody", "articles: [{id: payout, hide: true}]", "payout", "提现提不出", ""},
		{"hide for a brand", "articles: [{id: code-03, brand: [青蛙], hide: true}]", "code-03", "青蛙报03", ""},
		{"and for no other", "articles: [{id: code-03, brand: [青蛙], hide: true}]", "code-03", "报03", "先换个方式收款"},
		{"replace for a brand", "articles: [{id: code-03, brand: [青蛙], title: 青蛙报03, move: answer, brief: 青蛙先解绑}]", "code-03", "青蛙报03", "青蛙先解绑"},
		{"replace what was for a brand", "articles: [{id: face, brand: [青蛙], title: 青蛙报错, move: answer, brief: 换一台青蛙}]", "face", "青蛙报错", "换一台青蛙"},
	} {
		t.Run(test.name, func(t *testing.T) {
			lib, err := LoadOver(base, folder("acquirers/any/x.yaml", test.file))
			if err != nil {
				t.Fatal(err)
			}
			if lib, err = lib.For(Scope{}); err != nil {
				t.Fatal(err)
			}
			got := ""
			if a, ok := lib.Told(test.id, test.message); ok {
				got = a.Brief
			}
			if got != test.want {
				t.Errorf("told %q, want %q", got, test.want)
			}
		})
	}
	lib, err := LoadOver(base, folder("x.yaml", "articles: [{id: code-03, hide: true}]"))
	if _, known := lib.ByCode("03"); err != nil || known {
		t.Errorf("a hidden entry still explains its code, %v", err)
	}
}

func TestScopeFaults(t *testing.T) {
	base, err := Load(folder("x.yaml", scoped))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ file, want string }{
		"nothing to hide":     {"articles:\n  - {id: pay-out, hide: true}\n", `y.yaml:2: article "pay-out": there is no entry of this id to hide`},
		"hides and tells":     {"articles:\n  - id: payout\n    hide: true\n    brief: 请稍候\n", `y.yaml:3: article "payout": it hides an entry and has texts of its own`},
		"no day":              {"articles:\n  - {id: payout, hide: true, valid_to: 明年}\n", `y.yaml:2: article "payout": valid_to is "明年"; write a day as 2026-03-01`},
		"no such day":         {"articles:\n  - {id: payout, hide: true, valid_from: 2026-02-30}\n", `valid_from is "2026-02-30"`},
		"no day of a change":  {"articles:\n  - {id: fair2, title: 展会期间, object: merchant, move: answer, wordings: [展会上怎么收款], brief: 展会临时机, updated: 3 月}\n", `y.yaml:2: article "fair2": updated is "3 月"; write a day as 2026-03-01`},
		"days turned":         {"articles:\n  - id: payout\n    hide: true\n    valid_from: 2026-03-02\n    valid_to: 2026-03-01\n", `y.yaml:5: article "payout": valid_to 2026-03-01 is before valid_from 2026-03-02`},
		"short brand":         {"articles:\n  - {id: payout, hide: true, brand: [拉]}\n", `"拉" is too short to be found in a message`},
		"twice for one brand": {"articles:\n  - {id: payout, brand: [青蛙], hide: true}\n  - {id: payout, brand: [青蛙], hide: true}\n", `y.yaml:3: article "payout": the id is used twice`},
		"hide misspelt":       {"articles:\n  - {id: payout, hidden: true}\n", `y.yaml:2: unknown field "hidden"`},
		"a code of another":   {"articles:\n  - {id: payout, brand: [青蛙], title: 青蛙提现, move: answer, brief: 请稍候, codes: [\"03\"]}\n", `code 03 belongs to article "code-03" already`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := LoadOver(base, folder("y.yaml", test.file)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}
