package console

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// Every file that the page loads is one that was built.
func TestIndexLoadsWhatWasBuilt(t *testing.T) {
	refs := regexp.MustCompile(`(?:src|href)="/console/([^"?]+)"`).FindAllSubmatch(Index, -1)
	if len(refs) != 2 {
		t.Fatalf("index.html loads %d files of /console/, want console.css and console.js", len(refs))
	}
	for _, ref := range refs {
		name := string(ref[1])
		info, err := fs.Stat(Dist, name)
		if err != nil {
			t.Errorf("index.html loads %s: %v", name, err)
		} else if info.Size() == 0 {
			t.Errorf("%s is empty", name)
		}
	}
}

// The policy forbids inline scripts, inline styles and style attributes, so
// neither the page nor the script may hold any.
func TestNothingInline(t *testing.T) {
	page := string(Index)
	if regexp.MustCompile(`<style|\sstyle=|\son[a-z]+=`).MatchString(page) {
		t.Error("index.html holds an inline style or handler")
	}
	for _, tag := range regexp.MustCompile(`<script[^>]*>`).FindAllString(page, -1) {
		if !strings.Contains(tag, "src=") {
			t.Errorf("index.html holds an inline script: %s", tag)
		}
	}
	err := fs.WalkDir(sources, "src", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(sources, path)
		if err != nil {
			return err
		}
		for _, bad := range []string{"style=", "dangerouslySetInnerHTML", "innerHTML", "insertAdjacentHTML", "document.write", "eval(", "setAttribute('style'"} {
			if strings.Contains(string(text), bad) {
				t.Errorf("%s holds %q", path, bad)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
