package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// The check finds one changed byte in a source.
func TestAcceptA2(t *testing.T) {
	root := copySources(t)
	if err := run(root, false, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := run(root, true, io.Discard); err != nil {
		t.Fatalf("the check after a build: %v", err)
	}
	source := filepath.Join(root, "channels/web/widget/launcher-texts.ts")
	data, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(source, bytes.Replace(data, []byte("Chat with us"), []byte("Chat with uz"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(root, true, io.Discard); err == nil {
		t.Error("the check passes over a changed byte")
	}
}

// Two folders give the same bytes.
func TestAcceptA3(t *testing.T) {
	a, err := build(copySources(t))
	if err != nil {
		t.Fatal(err)
	}
	b, err := build(copySources(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(a) != len(b) || len(a) < 10 {
		t.Errorf("%d and %d files", len(a), len(b))
	}
	for name := range a {
		if !bytes.Equal(a[name].content, b[name].content) {
			t.Errorf("%s differs", name)
		}
	}
}

// The loader's budget, with some room for what a proxy may add.
func TestAcceptB1(t *testing.T) {
	files, err := build(copySources(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, limit := range map[string]int{"channels/web/dist/loader.js": 3_000, "channels/web/dist/embed.js": 2_800} {
		if n := gzipSize(files[name].content); n > limit || n < 500 {
			t.Errorf("%s has %d bytes compressed, the limit is %d", name, n, limit)
		}
	}
}
