package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The shipped dist is what the shipped sources give.
func TestDistIsCurrent(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(root, true, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
}

func TestBuildAndCheck(t *testing.T) {
	root := copySources(t)
	if err := run(root, true, io.Discard); err == nil {
		t.Fatal("check passes before anything was built")
	}
	if err := run(root, false, io.Discard); err != nil {
		t.Fatalf("build: %v", err)
	}
	if err := run(root, true, io.Discard); err != nil {
		t.Fatalf("check after build: %v", err)
	}

	t.Run("bytes do not depend on the directory", func(t *testing.T) {
		other := copySources(t)
		t.Chdir(t.TempDir())
		if err := run(other, false, io.Discard); err != nil {
			t.Fatal(err)
		}
		for _, name := range outputs(t, root) {
			a, b := read(t, root, name), read(t, other, name)
			if !bytes.Equal(a, b) {
				t.Errorf("%s differs between two directories", name)
			}
		}
	})

	t.Run("a changed source is found", func(t *testing.T) {
		source := filepath.Join(root, "channels/web/widget/loader.ts")
		before := string(read(t, root, "channels/web/widget/loader.ts"))
		defer os.WriteFile(source, []byte(before), 0o644)
		if err := os.WriteFile(source, []byte(before+"\nconsole.log('changed')\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		fails(t, root, "differs: channels/web/dist/loader.js")
	})

	t.Run("a changed output is found", func(t *testing.T) {
		dist := filepath.Join(root, "channels/web/dist/loader.js")
		before := read(t, root, "channels/web/dist/loader.js")
		defer os.WriteFile(dist, before, 0o644)
		if err := os.WriteFile(dist, append(before[:len(before):len(before)], ' '), 0o644); err != nil {
			t.Fatal(err)
		}
		fails(t, root, "differs: channels/web/dist/loader.js")
	})

	t.Run("an orphan is found and a dot-file is not one", func(t *testing.T) {
		for _, name := range []string{"old.js", ".gitkeep"} {
			path := filepath.Join(root, "channels/web/dist", name)
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			defer os.Remove(path)
		}
		out := fails(t, root, "orphan: channels/web/dist/old.js")
		if strings.Contains(out, ".gitkeep") {
			t.Errorf("dot-file reported:\n%s", out)
		}
	})

	t.Run("a file over its limit fails", func(t *testing.T) {
		var out bytes.Buffer
		if n := report(map[string]file{"a.js": {content: []byte("abc"), limit: 1}}, &out); n != 1 {
			t.Errorf("%d files too big, want 1:\n%s", n, out.String())
		}
	})
}

// B2: what a visitor's first intent fetches, script and styles together, is at most 25 kB as it is sent; nothing that belongs to it
// hides in another file that is fetched at once.
func TestAcceptB2(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	files, err := build(root)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if n := together(files, &out); n != 0 {
		t.Errorf("over budget:\n%s", out.String())
	}
	t.Log(strings.TrimSpace(out.String()))
	if bytes.Contains(files["channels/web/dist/chat.js"].content, []byte(`from"`)) {
		t.Error("chat.js loads a part of itself at once")
	}
	if n := together(map[string]file{budgets[0].names[0]: {content: noise(budgets[0].limit + 1)}}, io.Discard); n != 1 {
		t.Error("a chat over budget passes")
	}
}

// noise is what no compressor makes smaller.
func noise(n int) []byte {
	out := make([]byte, 0, n+sha256.Size)
	for sum := sha256.Sum256(nil); len(out) < n; sum = sha256.Sum256(sum[:]) {
		out = append(out, sum[:]...)
	}
	return out
}

// Built files ask no other host for anything and hold no inline style attribute, which the pages' CSP forbids.
func TestOutputsAreSelfContained(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	files, err := build(root)
	if err != nil {
		t.Fatal(err)
	}
	// Namespaces that Preact names for SVG and MathML elements; nothing is fetched from them.
	namespace := regexp.MustCompile(`http://www\.w3\.org/[A-Za-z0-9/]+`)
	foreign := regexp.MustCompile(`(?:https?|wss?)://[a-z0-9]`)
	for name, f := range files {
		if found := foreign.Find(namespace.ReplaceAll(f.content, nil)); found != nil {
			t.Errorf("%s holds a foreign address (%s…)", name, found)
		}
		for _, word := range []string{"sourceMappingURL", "eval(", "new Function"} {
			if bytes.Contains(f.content, []byte(word)) {
				t.Errorf("%s contains %q", name, word)
			}
		}
	}
}

// The vendored files are those that their README names.
func TestVendoredChecksums(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| `([0-9a-f]{64})` \\|$").FindAllStringSubmatch(string(read(t, root, preact+"README.md")), -1)
	known := map[string]string{}
	for _, row := range rows {
		known[row[1]] = row[2]
	}
	for _, path := range aliases {
		if known[strings.TrimPrefix(path, preact)] == "" {
			t.Errorf("%s has no checksum in the README", path)
		}
	}
	err = filepath.WalkDir(filepath.Join(root, preact), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "README.md" {
			return err
		}
		rel, err := filepath.Rel(filepath.Join(root, preact), path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		if got := hex.EncodeToString(sum[:]); known[filepath.ToSlash(rel)] != got {
			t.Errorf("%s: sha256 %s, README says %q", rel, got, known[filepath.ToSlash(rel)])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// copySources gives a folder with the module's page sources and no dist.
func copySources(t *testing.T) string {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	for _, dir := range []string{"channels/web/widget", "channels/web/pages", "channels/web/third_party"} {
		if err := os.CopyFS(filepath.Join(to, dir), os.DirFS(filepath.Join(root, dir))); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func fails(t *testing.T, root, line string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(root, true, &out); err == nil {
		t.Error("check passes")
	}
	if !strings.Contains(out.String(), line) {
		t.Errorf("no line %q in\n%s", line, out.String())
	}
	return out.String()
}

func outputs(t *testing.T, root string) []string {
	t.Helper()
	files, err := build(root)
	if err != nil {
		t.Fatal(err)
	}
	return names(files)
}

func read(t *testing.T, root, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}
