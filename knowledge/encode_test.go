package knowledge

import (
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"
)

func encoded(t interface{ Fatal(...any) }, lib Library, over *Library) fstest.MapFS {
	data, err := EncodeLibrary(lib, over)
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{"all.yaml": {Data: data}}
}

// TestEncodeShipped: the shipped library written and read again is the same, alone and laid over itself.
func TestEncodeShipped(t *testing.T) {
	lib, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	files := encoded(t, lib, &lib)
	if again, err := Load(files); err != nil || again.Revision != lib.Revision {
		t.Errorf("revision %s, want %s: %v", again.Revision, lib.Revision, err)
	}
	if again, err := LoadOver(lib, files); err != nil || again.Revision != lib.Revision {
		t.Errorf("over itself: revision %s, want %s: %v", again.Revision, lib.Revision, err)
	}
}

// TestEncodeAny: whatever a sound library says is read back equal.
func TestEncodeAny(t *testing.T) {
	word := rapid.OneOf(
		rapid.StringMatching(`[\pL\pN .,:;#&*!|'"%@{}\[\]?~\-=\\/\n\t]{1,20}`),
		rapid.SampledFrom([]string{"yes", "no", "null", "~", "51", "0x1F", "1e3", "2026-01-02", "- a", "a: b", "#x", " a", "a ", "a\nb", "a\n\n b", "\na", "a\n", "'", "\"", "a\tb", "：", "? a", "! x", "%x", "@x", "|", "> a"}),
	)
	rapid.Check(t, func(t *rapid.T) {
		lib := Library{}
		for i := range rapid.IntRange(0, 3).Draw(t, "articles") {
			a := Article{ID: "a" + strings.Repeat("x", i), Move: Answer}
			a.Title = word.Draw(t, "title")
			a.Brief = word.Draw(t, "brief")
			a.Cause = word.Draw(t, "cause")
			a.Wordings = rapid.SliceOfN(word, 0, 3).Draw(t, "wordings")
			a.Solution = rapid.SliceOfN(word, 0, 3).Draw(t, "solution")
			a.Prevention = rapid.SliceOfN(word, 0, 3).Draw(t, "prevention")
			a.Custom = rapid.Bool().Draw(t, "custom")
			lib.Articles = append(lib.Articles, a)
		}
		for i := range rapid.IntRange(0, 2).Draw(t, "causes") {
			c := Cause{ID: "c" + strings.Repeat("x", i), Family: "C1", Title: word.Draw(t, "title"), Object: Merchant, Group: GroupSelf,
				Prior: rapid.Float64Range(0, 1).Draw(t, "prior"), Yes: map[string]float64{}}
			c.Brief = word.Draw(t, "brief")
			lib.Causes = append(lib.Causes, c)
		}
		if lib.Validate() != nil {
			t.Skip("not a sound library")
		}
		var err error
		if lib.Revision, err = revisionOf(lib); err != nil {
			t.Fatal(err)
		}
		files := encoded(t, lib, nil)
		again, err := Load(files)
		if err != nil || again.Revision != lib.Revision {
			t.Fatalf("%v\n%s\nwas %+v\nis  %+v", err, files["all.yaml"].Data, lib, again)
		}
	})
}

// TestExtraWordings: wordings are added to an article of the library below, which stays as it was.
func TestExtraWordings(t *testing.T) {
	base, err := Load(folder("all.yaml", goodCauses+goodArticle))
	if err != nil {
		t.Fatal(err)
	}
	lib, err := LoadOver(base, folder("mine.yaml", "wordings:\n  - {article: code-03, add: [说没有这个店, 无效商户, 提示 03]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if a, _ := lib.Article("code-03"); strings.Join(a.Wordings, " ") != "提示03 无效商户 说没有这个店" {
		t.Errorf("%q", a.Wordings)
	}
	if a, _ := base.Article("code-03"); len(a.Wordings) != 2 {
		t.Errorf("the library below changed: %q", a.Wordings)
	}
	if _, err := LoadOver(base, folder("mine.yaml", "wordings:\n  - {article: code-3, add: [无]}\n")); err == nil || !strings.Contains(err.Error(), `mine.yaml:2: article "code-3" does not exist`) {
		t.Error(err)
	}
}

// TestEncodeScoped: what is told for a brand only, and what is hidden, is so again after the way over a file.
func TestEncodeScoped(t *testing.T) {
	base, err := Load(folder("all.yaml", goodCauses+goodArticle+"  - {id: paper, title: 没有纸了, move: answer, brief: 请换纸}\n"))
	if err != nil {
		t.Fatal(err)
	}
	lib, err := LoadOver(base, folder("mine.yaml", "articles:\n  - {id: paper, hide: true}\n  - {id: code-03, title: 应答码三号, move: answer, brief: 请找蓝海, brand: [蓝海]}\n"))
	if err != nil || len(lib.Variants) != 1 || len(lib.Articles) != 1 {
		t.Fatal(err, lib.Articles, lib.Variants)
	}
	again, err := LoadOver(base, encoded(t, lib, &base))
	if err != nil || again.Revision != lib.Revision {
		t.Errorf("revision %s, want %s: %v", again.Revision, lib.Revision, err)
	}
}
