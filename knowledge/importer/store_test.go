package importer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"posdoctor/knowledge"
)

// inUse is the library that a server with this data folder tells from.
func inUse(t testing.TB, s Store) knowledge.Library {
	t.Helper()
	lib, err := s.over(shipped(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

func again(t testing.TB, s Store, paths ...string) Report {
	t.Helper()
	r, err := s.Import(context.Background(), paths, inUse(t, s), day, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestImportTwice: the same file, and the same words in another file, bring nothing new, before and after publishing.
func TestImportTwice(t *testing.T) {
	s, r := imported(t, "testdata/answers.txt", "testdata/reasons.txt")
	text, err := os.ReadFile("testdata/answers.txt")
	if err != nil {
		t.Fatal(err)
	}
	other := put(t, t.TempDir(), "other.txt", append(text, '\n', '\n'))
	for _, when := range []string{"as drafts", "published"} {
		two := again(t, s, "testdata/answers.txt", "testdata/reasons.txt")
		if two.ID != "" || len(two.Files) != 0 || len(two.Known) != 2 || !strings.Contains(two.Known[0], "imported already as "+r.ID) {
			t.Errorf("%s: %+v", when, two)
		}
		three := again(t, s, other)
		if len(three.Files) != 1 || len(three.Files[0].Articles) != 0 {
			t.Errorf("%s: the same words in another file: %s", when, all(t, three))
		}
		if _, err := s.Undo(three.ID, shipped(t), false, nil); err != nil {
			t.Error(err)
		}
		if _, err := s.Publish([]string{r.ID}, shipped(t), true, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPublishAndUndo: drafts are told by nobody, published ones are, and undo brings back the library as it was.
func TestPublishAndUndo(t *testing.T) {
	s, r := imported(t, "testdata/answers.txt", "testdata/reasons.txt")
	was := shipped(t)
	if inUse(t, s).Revision != was.Revision {
		t.Error("drafts are in the library")
	}
	id := r.Files[0].Articles[1].ID
	changes, err := s.Publish([]string{id}, was, false, nil)
	if err != nil || len(changes) != 1 {
		t.Fatal(changes, err)
	}
	lib := inUse(t, s)
	if a, ok := lib.Article(id); !ok || a.Title != r.Files[0].Articles[1].Title || len(lib.Articles) != len(was.Articles)+1 {
		t.Errorf("%+v", a)
	}
	files, err := s.Files()
	if err != nil || len(files[0].Articles) != 8 {
		t.Fatal(err)
	}
	if d, _ := files[0].Record(id); d.State != Published {
		t.Errorf("%+v", d)
	}
	if changes, err := s.Publish([]string{id}, was, false, nil); err != nil || changes[0].Kept == "" {
		t.Error("published twice", changes, err)
	}
	if _, err := s.Publish([]string{r.ID}, was, true, nil); err != nil {
		t.Fatal(err)
	}
	if n := len(inUse(t, s).Articles); n != len(was.Articles)+10 {
		t.Errorf("%d articles", n)
	}
	if changes, err := s.Undo(r.ID, was, false, nil); err != nil || len(changes) != 10 {
		t.Error(changes, err)
	}
	if files, err := s.Files(); inUse(t, s).Revision != was.Revision || len(files) != 0 || err != nil {
		t.Error("something was left", files, err)
	}
	if _, err := s.Undo(r.ID, was, false, nil); err == nil || !strings.Contains(err.Error(), "there is no import") {
		t.Error(err)
	}
	if r := again(t, s, "testdata/answers.txt"); len(r.Files) != 1 {
		t.Error("what was taken back cannot be imported again")
	}
}

// TestJoin: a draft that asks what an entry answers gives it its words, and its text stays.
func TestJoin(t *testing.T) {
	dir := t.TempDir()
	s, r := imported(t, put(t, dir, "a.csv", []byte("问题,问法,答案,代码\n提示刷卡机没有纸了该买什么纸,,请买五七宽的,\n应答码余额不足,说卡里的钱不够付,请换卡,51\n")))
	f := r.Files[0]
	if len(f.Articles) != 2 {
		t.Fatal(all(t, r))
	}
	d, _ := f.Record(f.Articles[1].ID)
	if d.Into != "code-51" || len(f.Articles[1].Codes) != 0 || !slices.ContainsFunc(f.Import.Dropped, func(d Dropped) bool { return d.Text == "51" && strings.Contains(d.Why, "code-51") }) {
		t.Errorf("%+v %+v", d, f.Import.Dropped)
	}
	was := shipped(t)
	old, _ := was.Article("code-51")
	changes, err := s.Publish([]string{d.ID}, was, false, nil)
	if err != nil || changes[0].Into != "code-51" || len(changes[0].Words) == 0 {
		t.Fatal(changes, err)
	}
	lib := inUse(t, s)
	a, _ := lib.Article("code-51")
	if a.Cause != old.Cause || !slices.Contains(a.Wordings, changes[0].Words[0]) || len(lib.Articles) != len(was.Articles) {
		t.Errorf("%+v", a)
	}
	if _, err := s.Undo(r.ID, was, false, nil); err != nil || inUse(t, s).Revision != was.Revision {
		t.Error(err)
	}
}

// TestNothingUnsound: what would make the library unsound is not published, not even in part.
func TestNothingUnsound(t *testing.T) {
	s, r := imported(t, "testdata/answers.txt")
	f := r.Files[0]
	data, err := os.ReadFile(f.Path())
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(data), "brief: 打一张测试页", "brief: 打一张很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长的测试页", 1)
	if err := os.WriteFile(f.Path(), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish([]string{r.ID}, shipped(t), true, nil); err == nil || !strings.Contains(err.Error(), "nothing was published") || !strings.Contains(err.Error(), "shorten it to 40") {
		t.Error(err)
	}
	if _, err := s.Publish([]string{f.Articles[3].ID}, shipped(t), true, func(knowledge.Library) error { return errors.New("no") }); err == nil {
		t.Error("published what the caller refused")
	}
	if _, err := s.Publish([]string{f.Articles[3].ID, "none"}, shipped(t), true, nil); err == nil || !strings.Contains(err.Error(), `no draft "none"`) {
		t.Error(err)
	}
	if _, err := os.Stat(s.library()); err == nil {
		t.Error("the folder of the library was written")
	}
}

// TestUndoKeepsEdits: an entry that was edited in the library, and a draft that was edited, stay and are named.
func TestUndoKeepsEdits(t *testing.T) {
	s, r := imported(t, "testdata/answers.txt")
	f := r.Files[0]
	if _, err := s.Publish([]string{f.Articles[1].ID, f.Articles[2].ID}, shipped(t), true, nil); err != nil {
		t.Fatal(err)
	}
	edit := func(name, old, new string) {
		data, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(data), old) {
			t.Fatal(err, string(data))
		}
		if err := os.WriteFile(name, []byte(strings.Replace(string(data), old, new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	edit(s.published(r.ID), "title: 怎么看出是不是打印头脏了？", "title: 怎么看出打印头脏不脏？")
	edit(f.Path(), "title: 打印头脏了该如何清洁？", "title: 打印头怎么清洁？")
	changes, err := s.Undo(r.ID, shipped(t), false, nil)
	kept := slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return c.Kept == "" })
	if err != nil || len(kept) != 2 || len(changes) != 9 {
		t.Errorf("%+v %v", changes, err)
	}
	lib := inUse(t, s)
	if _, ok := lib.Article(f.Articles[1].ID); !ok {
		t.Error("the edited entry is gone")
	}
	if _, ok := lib.Article(f.Articles[2].ID); ok {
		t.Error("the other entry is there")
	}
	if files, err := s.Files(); err != nil || len(files) != 1 || len(files[0].Articles) != 1 {
		t.Error(files, err)
	}
	if changes, err := s.Undo(r.ID, shipped(t), true, nil); err != nil || len(changes) != 2 || inUse(t, s).Revision != shipped(t).Revision {
		t.Error(changes, err)
	}
}

// TestExportImport: what is exported is nothing new here; elsewhere it makes the library equal, and edited entries, one of
// them shipped, take the place of those they were made of.
func TestExportImport(t *testing.T) {
	s, r := imported(t, "testdata/answers.txt")
	if _, err := s.Publish([]string{r.ID}, shipped(t), true, nil); err != nil {
		t.Fatal(err)
	}
	lib, was := inUse(t, s), shipped(t)
	data, err := knowledge.EncodeLibrary(lib, &was)
	if err != nil {
		t.Fatal(err)
	}
	export := put(t, t.TempDir(), "export.yaml", data)
	if r := again(t, s, export); len(r.Files) != 1 || len(r.Files[0].Articles) != 0 {
		t.Errorf("new here: %s", all(t, r))
	}
	elsewhere, r := imported(t, export)
	if n := len(r.Files[0].Articles); n != 9 {
		t.Fatalf("%d drafts elsewhere", n)
	}
	if _, err := elsewhere.Publish([]string{r.ID}, was, true, nil); err != nil {
		t.Fatal(err)
	}
	if got := inUse(t, elsewhere); got.Revision != lib.Revision {
		t.Errorf("revision %s, want %s", got.Revision, lib.Revision)
	}
	edited := inUse(t, s)
	edited.Articles = slices.Clone(edited.Articles)
	for i := range edited.Articles {
		if a := &edited.Articles[i]; a.ID == "code-51" {
			a.Cause = "卡里的钱不够付。"
		}
	}
	if data, err = knowledge.EncodeLibrary(edited, &was); err != nil {
		t.Fatal(err)
	}
	r = again(t, s, put(t, t.TempDir(), "edited.yaml", data))
	if n := len(r.Files[0].Articles); n != 1 {
		t.Fatalf("%d drafts of one edit", n)
	}
	if _, err := s.Publish([]string{r.ID}, was, true, nil); err != nil {
		t.Fatal(err)
	}
	lib = inUse(t, s)
	if a, ok := lib.Article("code-51"); !ok || a.Cause != "卡里的钱不够付。" || len(lib.Articles) != len(edited.Articles) {
		t.Errorf("%+v, %d articles", a, len(lib.Articles))
	}
	if _, err := s.Undo(r.ID, was, false, nil); err != nil {
		t.Fatal(err)
	}
	if got := inUse(t, s); got.Revision == lib.Revision {
		t.Error("the edit was not taken back")
	}
}

// TestAnyTable: rows of any words are imported, published and taken back, and the library is then what it was.
func TestAnyTable(t *testing.T) {
	was, err := knowledge.Load(fstest.MapFS{"a.yaml": {Data: []byte("articles:\n  - {id: paper, title: 纸卡住了, move: answer, wordings: [红纸 卡], brief: 请开盖}\n")}})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		word := rapid.StringOfN(rapid.RuneFrom([]rune("纸卡机红绿蓝山水火土风云雷电abc019,;\"'：、？-#*=|.（）()　 ")), 1, 16, -1)
		text := "问题,问法,答案,处理\n"
		for range rapid.IntRange(1, 5).Draw(rt, "rows") {
			for i := range 4 {
				cell := word.Draw(rt, "cell")
				if strings.HasPrefix(strings.TrimSpace(cell), "=") {
					cell = "x" + cell
				}
				if i > 0 {
					text += ","
				}
				text += `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			text += "\n"
		}
		dir, err := os.MkdirTemp("", "posdoctor")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		s := Store{Data: filepath.Join(dir, "data")}
		file := put(t, dir, "a.csv", []byte(text))
		r, err := s.Import(context.Background(), []string{file}, was, day, nil)
		if err != nil {
			if strings.Contains(err.Error(), "nothing was found") {
				return
			}
			if files, _ := s.Files(); len(files) > 0 {
				rt.Fatal("half imported")
			}
			return
		}
		if two, err := s.Import(context.Background(), []string{file}, was, day, nil); err != nil || two.ID != "" {
			rt.Fatalf("the second time: %+v %v", two, err)
		}
		if _, err := s.Publish([]string{r.ID}, was, false, nil); err != nil && !strings.Contains(err.Error(), "means the same to the search") {
			rt.Fatalf("%v\n%s", err, text)
		}
		if _, err := s.Undo(r.ID, was, false, nil); err != nil {
			rt.Fatal(err)
		}
		if lib, err := s.over(was, nil); err != nil || lib.Revision != was.Revision {
			rt.Fatal("the library is another one")
		}
	})
}
