// Command webbuild bundles the pages' sources into the dist folders that the server embeds.
//
//	go run ./server/webbuild           build, write what changed, print the sizes
//	go run ./server/webbuild -check    build in memory, compare with dist; exit 1 when they differ
//
// It uses esbuild's Go API and the Preact files in channels/web/third_party, so neither building nor running needs
// Node. Names in dist are stable and carry no hash; the same sources give the same bytes from any directory, which is
// what lets dist be committed and -check prove it current.
//
// Why a command of its own: esbuild must never become part of the server's binary.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

func main() {
	check := flag.Bool("check", false, "compare a fresh build with dist and write nothing")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./server/webbuild [-check]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	root, err := moduleRoot()
	if err == nil {
		err = run(root, *check, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "webbuild:", err)
		os.Exit(1)
	}
}

// run builds every entry under root. With check it only compares; otherwise it writes the files that changed.
// Sizes and findings go to out. The error says that something is wrong, the lines on out say what.
func run(root string, check bool, out io.Writer) error {
	files, failed := build(root)
	if failed == nil && len(files) == 0 {
		return fmt.Errorf("no sources found under %s", root)
	}
	tooBig := report(files, out) + together(files, out)

	differing, err := differences(root, files)
	if err != nil {
		return err
	}
	var orphans []string
	if failed == nil { // else the failed entries' files would be called orphans
		if orphans, err = findOrphans(root, files); err != nil {
			return err
		}
	}
	for _, name := range orphans {
		fmt.Fprintf(out, "orphan: %s is built from nothing; delete it\n", name)
	}
	if check {
		for _, name := range differing {
			fmt.Fprintf(out, "differs: %s; run go run ./server/webbuild\n", name)
		}
		if n := len(differing) + len(orphans); n > 0 && failed == nil {
			return fmt.Errorf("dist is not current: %d file(s)", n)
		}
	} else {
		for _, name := range differing {
			if err := write(filepath.Join(root, name), files[name].content); err != nil {
				return fmt.Errorf("writing %s: %w", name, err)
			}
			fmt.Fprintf(out, "wrote %s\n", name)
		}
	}
	if failed != nil {
		return failed
	}
	if tooBig > 0 {
		return fmt.Errorf("%d file(s) over the size limit", tooBig)
	}
	return nil
}

// report prints raw and compressed size of each file and returns how many are over their limit.
func report(files map[string]file, out io.Writer) (tooBig int) {
	for _, name := range names(files) {
		f := files[name]
		gz := gzipSize(f.content)
		note := ""
		if f.limit > 0 {
			note = fmt.Sprintf("  (limit %d)", f.limit)
			if gz > f.limit {
				note += "  TOO BIG"
				tooBig++
			}
		}
		fmt.Fprintf(out, "%-36s %7d B  %6d B gz%s\n", name, len(f.content), gz, note)
	}
	return tooBig
}

// budgets are what is fetched at one time, however many files it is in.
var budgets = []struct {
	what  string
	names []string
	limit int // of the compressed sizes together, bytes
}{
	{"the chat on first intent", []string{"channels/web/dist/chat.js", "channels/web/dist/chat.css"}, 25_000},
}

// together prints what is fetched at one time and returns how many budgets are exceeded.
func together(files map[string]file, out io.Writer) (tooBig int) {
	for _, b := range budgets {
		gz := 0
		for _, name := range b.names {
			gz += gzipSize(files[name].content)
		}
		note := ""
		if gz > b.limit {
			note = "  TOO BIG"
			tooBig++
		}
		fmt.Fprintf(out, "%-47s %6d B gz  (limit %d)%s\n", b.what, gz, b.limit, note)
	}
	return tooBig
}

// differences lists the outputs whose bytes on disk are missing or not those just built.
func differences(root string, files map[string]file) ([]string, error) {
	var list []string
	for _, name := range names(files) {
		have, err := os.ReadFile(filepath.Join(root, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err != nil || !bytes.Equal(have, files[name].content) {
			list = append(list, name)
		}
	}
	return list, nil
}

// findOrphans lists the files in the dist folders that no entry produces. Dot-files are left alone.
func findOrphans(root string, files map[string]file) ([]string, error) {
	var list []string
	for _, dir := range distDirs() {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || d.IsDir() || d.Name()[0] == '.' {
				return err
			}
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			if _, ok := files[filepath.ToSlash(rel)]; !ok {
				list = append(list, filepath.ToSlash(rel))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	sort.Strings(list)
	return list, nil
}

// write replaces a file as a whole, so that a server reading dist never sees half of it.
func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	tmp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	if err := os.WriteFile(tmp, content, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// moduleRoot walks up from the working directory to the folder that holds go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = up
	}
}
