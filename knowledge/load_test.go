package knowledge

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const goodCauses = `causes:
  - id: documents
    family: C1
    title: 证照过期
    object: merchant
    group: acquirer
    brief: 可能是证照过期，先换个方式收款
    prior: 0.13
    yes: {all-cards: 0.9}
checks:
  - id: all-cards
    ask: 换别的卡也刷不了吗？
    short: 所有卡都不行
    cost: 2
    answers:
      - {id: yes, text: 都不行, said: [所有卡都不行]}
      - {id: no, text: 只有这张卡, said: [就这一张卡]}
      - {id: unknown, text: 没试过}
`

const goodArticle = `articles:
  - id: code-03
    title: 应答码 03：无效商户
    object: merchant
    move: diagnose
    wordings: [提示03, 无效商户]
    codes: [03]
    causes: [documents]
    evidence: [{check: all-cards, answer: yes}]
    brief: 先让顾客扫码或付现金
    solution: [请联系收单机构]
`

func folder(files ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		m[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return m
}

func TestLoad(t *testing.T) {
	lib, err := Load(folder("b/causes.yaml", goodCauses, "a.yaml", goodArticle, "README.md", "no YAML: ["))
	if err != nil {
		t.Fatal(err)
	}
	if err := lib.Validate(); err != nil {
		t.Error(err)
	}
	a, ok := lib.ByCode("03")
	if !ok || a.ID != "code-03" || a.Brief != "先让顾客扫码或付现金" || a.Evidence[0] != (Evidence{"all-cards", "yes"}) {
		t.Errorf("article of code 03: %+v", a)
	}
	if c, ok := lib.Cause("documents"); !ok || c.Yes["all-cards"] != .9 || c.Group != GroupAcquirer {
		t.Errorf("cause: %+v", c)
	}
	if c, ok := lib.Check("all-cards"); !ok || len(c.Answers) != 3 || c.Answers[0].ID != "yes" {
		t.Errorf("check: %+v", c)
	}
	if _, ok := lib.Article("none"); ok {
		t.Error("found an article that does not exist")
	}
	if _, ok := lib.ByCode("99"); ok {
		t.Error("found a code that nobody explains")
	}
	if len(lib.Revision) != 12 {
		t.Errorf("revision %q", lib.Revision)
	}
	other, err := Load(folder("all.yaml", goodCauses+goodArticle))
	if err != nil || other.Revision != lib.Revision {
		t.Errorf("the same content in one file: revision %q, want %q (%v)", other.Revision, lib.Revision, err)
	}
	changed, err := Load(folder("all.yaml", goodCauses+strings.Replace(goodArticle, "无效商户]", "无效商户, 无此商户]", 1)))
	if err != nil || changed.Revision == lib.Revision {
		t.Errorf("another content: revision %q (%v)", changed.Revision, err)
	}
	if _, err := json.Marshal(lib); err != nil {
		t.Error(err)
	}
}

func TestLoadFaults(t *testing.T) {
	swap := func(old, new string) string {
		all := goodCauses + goodArticle
		if !strings.Contains(all, old) {
			t.Fatalf("%q is not in the file", old)
		}
		return strings.Replace(all, old, new, 1)
	}
	for name, test := range map[string]struct{ file, want string }{
		"unknown list":     {"articels: []\n", `x.yaml:1: unknown list "articels"; use articles, causes, checks, incidents or wordings`},
		"unknown field":    {swap("    codes: [03]", "    code: [03]"), `x.yaml:25: unknown field "code"; the fields here are `},
		"nested field":     {swap("text: 没试过", "txt: 没试过"), `x.yaml:18: unknown field "txt"`},
		"field twice":      {swap("    title: 证照过期", "    id: two\n    title: 证照过期"), "x.yaml:4: not readable as YAML: mapping key"},
		"type":             {swap("prior: 0.13", "prior: much"), "x.yaml:8: not readable as YAML: cannot unmarshal"},
		"syntax":           {"articles:\n  - id: [\n", "not readable as YAML"},
		"alias":            {swap("solution: [请联系收单机构]", "solution: &a [请联系收单机构]"), "x.yaml:29: anchors and aliases"},
		"two documents":    {goodCauses + "---\n" + goodArticle, "more than one YAML document"},
		"no mapping":       {"- a\n", "x.yaml:1: the file is not a mapping"},
		"no list":          {"articles: 3\n", "x.yaml:1: this is not a list"},
		"no entry":         {"articles:\n  - 3\n", "x.yaml:2: this entry is not a mapping"},
		"list twice":       {goodArticle + "articles: []\n", `x.yaml:12: "articles" stands twice`},
		"empty list":       {"articles: []\n", ""},
		"id":               {swap("id: code-03", "id: Code_03"), `x.yaml:20: article "Code_03": the id is not kebab-case`},
		"id twice":         {goodCauses + goodArticle + "  - {id: code-03, title: 另一个, move: answer, brief: 请稍候}\n", `x.yaml:30: article "code-03": the id is used twice`},
		"move":             {swap("move: diagnose", "move: guess"), `x.yaml:23: article "code-03": move is "guess"; use one of answer, clarify`},
		"object":           {swap("    object: merchant\n    move", "    object: shop\n    move"), `x.yaml:22: article "code-03": object is "shop"`},
		"group":            {swap("group: acquirer", "group: all"), `x.yaml:6: cause "documents": group is "all"`},
		"cause":            {swap("causes: [documents]", "causes: [documents, dormnat]"), `x.yaml:26: article "code-03": cause "dormnat" does not exist`},
		"cause twice":      {swap("causes: [documents]", "causes: [documents, documents]"), `stands twice`},
		"no cause":         {swap("    causes: [documents]\n", ""), `x.yaml:23: article "code-03": it is diagnosed but names no cause`},
		"check":            {swap("{check: all-cards,", "{check: all-card,"), `x.yaml:27: article "code-03": check "all-card" does not exist`},
		"check of cause":   {swap("yes: {all-cards: 0.9}", "yes: {all-card: 0.9}"), `x.yaml:9: cause "documents": check "all-card" does not exist`},
		"answer":           {swap("answer: yes}", "answer: maybe}"), `check "all-cards" has no answer "maybe"`},
		"share":            {swap("all-cards: 0.9", "all-cards: 9"), `x.yaml:9: cause "documents": yes all-cards is 9; give a share between 0 and 1`},
		"not a number":     {swap("prior: 0.13", "prior: .nan"), "prior is NaN"},
		"long brief":       {swap("先让顾客扫码或付现金", strings.Repeat("长", 41)), `x.yaml:28: article "code-03": the brief has 41 characters; shorten it to 40`},
		"no brief":         {swap("brief: 先让顾客扫码或付现金", "brief: ' '"), `x.yaml:28: article "code-03": brief is missing`},
		"markup":           {swap("请联系收单机构", "请联系<b>收单机构"), `x.yaml:29: article "code-03": solution 1 holds "<"`},
		"invisible":        {swap("请联系收单机构", `"请\u200b联系"`), "invisible character U+200B"},
		"control":          {swap("请联系收单机构", `"请\u0007联系"`), "invisible character U+0007"},
		"code form":        {swap("codes: [03]", "codes: [0a]"), `x.yaml:25: article "code-03": "0a" is no response code`},
		"code twice":       {goodCauses + goodArticle + "  - {id: two, title: 另一个, move: answer, brief: 请稍候, codes: [03]}\n", `code 03 belongs to article "code-03" already`},
		"wording twice":    {goodCauses + goodArticle + "  - {id: two, title: 另一个, move: answer, brief: 请稍候, wordings: [无效 商戶！]}\n", `x.yaml:30: article "two": "无效 商戶！" means the same to the search as words of article "code-03"`},
		"title as wording": {goodCauses + goodArticle + "  - {id: two, title: 无效商户, move: answer, brief: 请稍候}\n", `means the same`},
		"empty wording":    {swap("提示03, 无效商户", "'', 无效商户"), "wordings 1 is missing"},
		"blank wording":    {swap("提示03, 无效商户", "'!!', 无效商户"), "has no letter, digit or character"},
		"unknown last":     {swap("id: unknown, text: 没试过", "id: maybe, text: 没试过"), `x.yaml:16: check "all-cards": give two to four answers, "unknown" last`},
		"said both ways":   {swap("said: [就这一张卡]", "said: [所有卡都不行]"), `x.yaml:17: check "all-cards": "所有卡都不行" gives the answer "yes" already`},
		"cost":             {swap("cost: 2", "cost: -1"), `x.yaml:14: check "all-cards": the cost is -1`},
		"button":           {swap("text: 没试过", "text: 一二三四五六七八九十一二三"), "the button has 13 characters"},
		"too large":        {"# " + strings.Repeat("x", maxFile), "larger than 4 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			lib, err := Load(folder("x.yaml", test.file))
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatalf("no fault; want %s", test.want)
			}
			if !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "x.yaml:") {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if len(lib.Articles) > 0 {
				t.Error("a library stands beside the error")
			}
		})
	}
}

// All faults are reported at once.
func TestLoadJoinsFaults(t *testing.T) {
	_, err := Load(folder("a.yaml", "articles:\n  - {id: A, titel: x}\n  - {id: b, brife: x}\n", "b.yaml", "x: 1\n"))
	for _, want := range []string{"a.yaml:2:", "a.yaml:3:", "b.yaml:1:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no fault at %s in: %v", want, err)
		}
	}
	if _, err := Load(folder()); err == nil {
		t.Error("a folder without files is no library")
	}
}

func TestValidateInMemory(t *testing.T) {
	lib := Library{Articles: []Article{{ID: "x", Title: "好", Move: Diagnose, Remedy: Remedy{Brief: "请稍候"}}}}
	if err := lib.Validate(); err == nil || err.Error() != `article "x": it is diagnosed but names no cause; name at least one under causes` {
		t.Error(err)
	}
}

func TestLoadDir(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "library.yaml")
	if err := os.WriteFile(file, []byte(goodCauses+goodArticle), 0o600); err != nil {
		t.Fatal(err)
	}
	if lib, err := LoadDir(Library{}, dir); err != nil || len(lib.Articles) != 1 {
		t.Errorf("%d articles, %v", len(lib.Articles), err)
	}
	if _, err := LoadDir(Library{}, file); err == nil {
		t.Error("a file was taken for a folder")
	}
	if _, err := LoadDir(Library{}, filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that does not exist was read")
	}
}

// TestEmbedded asks for no more than what any good library answers.
func TestEmbedded(t *testing.T) {
	lib, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	if err := lib.Validate(); err != nil {
		t.Fatal(err)
	}
	x, err := NewIndex(lib)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for _, a := range lib.Articles {
		for _, wording := range a.Wordings {
			hits, err := x.Search(Query{Text: wording, Limit: 1})
			if err != nil || len(hits) == 0 || hits[0].Article != a.ID || hits[0].P < .97 {
				t.Errorf("%q of %s: %+v %v", wording, a.ID, hits, err)
			}
		}
	}
	if a, ok := lib.ByCode("51"); ok {
		if hits, err := x.Search(Query{Text: "卡里余额不足", Limit: 3}); err != nil || len(hits) == 0 || !found3(hits, a.ID) {
			t.Errorf("余额不足: %+v %v, want %s", hits, err, a.ID)
		}
	}
	for _, text := range []string{"紫色的大象会跳舞", "昨晚足球赛谁赢了"} {
		if hits, err := x.Search(Query{Text: text, Limit: 1}); err != nil || len(hits) > 0 && hits[0].P >= .3 {
			t.Errorf("%s: %+v %v", text, hits, err)
		}
	}
}

func found3(hits []Hit, id string) bool {
	for _, hit := range hits {
		if hit.Article == id {
			return true
		}
	}
	return false
}

// TestLoadOver lays an operator's folder over a library.
func TestLoadOver(t *testing.T) {
	base, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	if lib, err := LoadOver(base, fstest.MapFS{}); err != nil || lib.Revision != base.Revision {
		t.Fatalf("an empty folder changed the library: %s %v", lib.Revision, err)
	}
	shipped := base.Articles[0]
	file := func(cause string) fstest.MapFS {
		return fstest.MapFS{"ours.yaml": {Data: []byte(`articles:
  - id: ` + shipped.ID + `
    title: 我们自己的写法
    object: merchant
    move: diagnose
    wordings: [小店专属机器报商户异常了]
    causes: [` + cause + `]
    brief: 先换个方式收款
`)}}
	}
	lib, err := LoadOver(base, file("documents"))
	if err != nil {
		t.Fatal(err)
	}
	got, ok := lib.Article(shipped.ID)
	if !ok || got.Title != "我们自己的写法" || len(lib.Articles) != len(base.Articles) || lib.Revision == base.Revision {
		t.Errorf("%+v, %d articles of %d", got, len(lib.Articles), len(base.Articles))
	}
	if _, err := LoadOver(base, file("no-such-cause")); err == nil || !strings.Contains(err.Error(), "ours.yaml:7") {
		t.Errorf("a fault without file and line: %v", err)
	}
}

// An article that takes the place of one with codes keeps them, unless the operator gives them to another or to nobody.
func TestLoadOverKeepsCodes(t *testing.T) {
	base, err := Load(folder("base.yaml", goodCauses+goodArticle))
	if err != nil {
		t.Fatal(err)
	}
	const ours = "articles:\n  - {id: code-03, title: 我们的写法, move: answer, brief: 请稍候"
	for name, test := range map[string]struct{ file, want string }{
		"none named":    {ours + "}\n", "code-03"},
		"null":          {ours + ", codes: }\n", "code-03"},
		"taken away":    {ours + ", codes: []}\n", ""},
		"others named":  {ours + ", codes: ['58']}\n", ""},
		"given away":    {ours + "}\n  - {id: ours, title: 另一个, move: answer, brief: 请稍候, codes: ['03']}\n", "ours"},
		"another entry": {"articles:\n  - {id: ours, title: 另一个, move: answer, brief: 请稍候}\n", "code-03"},
	} {
		t.Run(name, func(t *testing.T) {
			lib, err := LoadOver(base, folder("ours.yaml", test.file))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if a, ok := lib.ByCode("03"); ok {
				got = a.ID
			}
			if got != test.want {
				t.Errorf("code 03 belongs to %q, want %q", got, test.want)
			}
			if codes := lib.Read("提示03").Codes; len(codes) != 1 || codes[0].Known != (test.want != "") {
				t.Errorf("提示03 reads as %+v", codes)
			}
		})
	}
	if a, ok := base.ByCode("03"); !ok || a.ID != "code-03" {
		t.Error("the library beneath was changed")
	}
}
