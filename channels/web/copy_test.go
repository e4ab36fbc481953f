package web_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// quoted finds the texts of TypeScript and Go: what stands in ' ', " " or ` `.
var quotedText = regexp.MustCompile("'(?:[^'\\\\\\n]|\\\\.)*'|\"(?:[^\"\\\\\\n]|\\\\.)*\"|`[^`]*`")

// banned words: too familiar, blaming, or a program's own.
var banned = regexp.MustCompile(`亲[，,。！!]|哦|呢[。？！]|操作错误|undefined|\bnull\b|NaN`)

// between finds half-width punctuation with a Chinese character on both sides, and half-width sentence ends behind one.
var between = regexp.MustCompile(`\p{Han}[,;:!?()]\p{Han}|\p{Han}[,;!?](?:$|\s)|\p{Han}\.(?:$|\s)`)

// H3: the words that visitors read keep to the sheet: full-width punctuation, no banned words.
func TestAcceptH3(t *testing.T) {
	texts := 0
	check := func(where, s string) {
		if strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) < 0 {
			return
		}
		texts++
		if bad := banned.FindString(s); bad != "" {
			t.Errorf("%s: %q in %s", where, bad, s)
		}
		if bad := between.FindString(s); bad != "" {
			t.Errorf("%s: half-width punctuation %q in %s", where, bad, s)
		}
	}
	for _, dir := range []string{"widget", "pages"} {
		must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if d != nil && d.IsDir() && d.Name() == "demo" { // for those who embed the chat, in their words
				return fs.SkipDir
			}
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			must(t, err)
			switch filepath.Ext(path) {
			case ".ts", ".tsx":
				for _, s := range quotedText.FindAllString(withoutComments(string(data)), -1) {
					check(path, strings.Trim(s, "'\"`"))
				}
			case ".html":
				for _, s := range regexp.MustCompile(`>[^<>]+<`).FindAllString(string(data), -1) {
					check(path, strings.TrimSpace(strings.Trim(s, "<>")))
				}
			}
			return nil
		}))
	}
	data, err := os.ReadFile("texts.go")
	must(t, err)
	for _, s := range quotedText.FindAllString(withoutComments(string(data)), -1) {
		check("texts.go", strings.Trim(s, `"`))
	}
	if texts < 200 {
		t.Errorf("only %d texts were read", texts)
	}
}

// The check can fail.
func TestH3FindsFaults(t *testing.T) {
	for _, bad := range []string{"您操作错误", "好的哦", "请稍等,马上好", "发送失败!", "值是undefined吗"} {
		if !banned.MatchString(bad) && !between.MatchString(bad) {
			t.Errorf("%s passes", bad)
		}
	}
	for _, good := range []string{"请稍等，马上好。", "如 51、A0", "2000/2000 字", "9:00–21:00（北京时间）"} {
		if banned.MatchString(good) || between.MatchString(good) {
			t.Errorf("%s does not pass", good)
		}
	}
}

// withoutComments leaves out lines that are comments and what follows // in others, where no address is meant.
func withoutComments(s string) string {
	return regexp.MustCompile(`(?m)(^|\s)//.*$|^\s*/?\*.*$`).ReplaceAllString(s, "")
}

// H1: both languages say the same things: their files have equal keys.
func TestAcceptH1Keys(t *testing.T) {
	key := regexp.MustCompile(`(?m)^  ([a-zA-Z0-9]+):`)
	keys := func(path, from string) []string {
		data, err := os.ReadFile(path)
		must(t, err)
		_, rest, ok := strings.Cut(string(data), from)
		if !ok {
			t.Fatalf("%s has no %q", path, from)
		}
		body, _, _ := strings.Cut(rest, "\n}")
		var out []string
		for _, m := range key.FindAllStringSubmatch(body, -1) {
			out = append(out, m[1])
		}
		slices.Sort(out)
		return out
	}
	for _, dir := range []string{"widget", "widget/more"} {
		zh, en := keys(dir+"/texts.ts", "export const zh = {"), keys(dir+"/texts-en.ts", "export const en: Texts = {")
		if len(zh) < 20 || !slices.Equal(zh, en) {
			t.Errorf("%s: zh has %d keys, en has %d\n%v\n%v", dir, len(zh), len(en), zh, en)
		}
	}
}
