package knowledge

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

//go:embed library
var embedded embed.FS

// maxFile is the largest library file that is read, in bytes.
const maxFile = 4 << 20

// Embedded returns the library that ships with posdoctor.
func Embedded() (Library, error) {
	root, err := fs.Sub(embedded, "library")
	if err != nil {
		return Library{}, err
	}
	return Load(root)
}

// LoadDir lays the files in a folder of the operator over a library, as LoadOver does.
func LoadDir(base Library, dir string) (Library, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return base, fmt.Errorf("reading the library: %w", err)
	}
	if !info.IsDir() {
		return base, fmt.Errorf("reading the library: %s is a file; name the folder that holds the *.yaml files", dir)
	}
	return LoadOver(base, os.DirFS(dir))
}

// Load reads every *.yaml file below the root, in the order of their names, and validates them together. Each file may
// hold the lists articles, causes, checks and incidents, and wordings for articles that stand elsewhere. The error joins all faults, one line each:
//
//	status.yaml:12: article "merchant-status": cause "dormnat" does not exist; name a cause of the library
//
// No library is returned beside an error.
func Load(fsys fs.FS) (Library, error) {
	lib, files, err := load(fsys, Library{})
	if err == nil && files == 0 {
		return Library{}, errors.New("reading the library: there is no *.yaml file; add at least one")
	}
	return lib, err
}

// LoadOver reads the files of an operator as Load does and lays them over a library: an entry replaces the one of the same
// kind and id, others are added. Without files the library stays as it is. An article that replaces another and has no
// field codes keeps the codes of the old one, except those that the operator's files give to another article: else the
// meaning of a code would be lost with a new wording. codes: [] takes them away on purpose. An article with hide: true takes
// the one of its id away. An article that is limited to a brand or an acquirer stands beside the general one; Library.For decides.
func LoadOver(base Library, fsys fs.FS) (Library, error) {
	lib, files, err := load(fsys, base)
	if err == nil && files == 0 {
		return base, nil
	}
	return lib, err
}

func load(fsys fs.FS, base Library) (Library, int, error) {
	l := loader{places: map[any]place{}}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("reading the library: %w", err)
		}
		if entry.IsDir() || path.Ext(name) != ".yaml" {
			return nil
		}
		l.file(fsys, name)
		return nil
	})
	if err != nil {
		return Library{}, 0, err
	}
	all := slices.Concat(base.Articles, base.Variants)
	l.keepCodes(base.Articles)
	l.hidden(all)
	lib := Library{
		Articles:  over(&l, kindArticle, all, l.articles, func(a Article) string { return a.key() }),
		Causes:    over(&l, kindCause, base.Causes, l.causes, func(c Cause) string { return c.ID }),
		Checks:    over(&l, kindCheck, base.Checks, l.checks, func(c Check) string { return c.ID }),
		Incidents: over(&l, kindIncident, base.Incidents, l.incidents, func(i Incident) string { return i.ID }),
	}
	l.extend(&lib)
	// Rules are checked only over what could be read: half an article would bring faults that are none.
	if len(l.faults) == 0 {
		l.faults = validate(&lib, func(kind string, i int) place { return l.places[placeKey{kind, i}] })
	}
	if len(l.faults) > 0 {
		return Library{}, l.files, errors.Join(l.faults...)
	}
	lib.Articles, lib.Variants = split(slices.DeleteFunc(lib.Articles, func(a Article) bool { return a.Hide && !a.limited() }))
	if lib.Revision, err = revisionOf(lib); err != nil {
		return Library{}, l.files, fmt.Errorf("naming the revision of the library: %w", err)
	}
	return lib, l.files, nil
}

// keepCodes gives the articles that name no codes those of the ones they replace.
func (l *loader) keepCodes(base []Article) {
	named := map[string]bool{}
	for _, r := range l.articles {
		for _, code := range r.entry.Codes {
			named[code] = true
		}
	}
	shipped := map[string][]string{}
	for _, a := range base {
		shipped[a.ID] = a.Codes
	}
	for i := range l.articles {
		if a := &l.articles[i].entry; a.Codes == nil && !a.Hide {
			for _, code := range shipped[a.ID] {
				if !named[code] {
					a.Codes = append(a.Codes, code)
				}
			}
		}
	}
}

// hidden reports articles that hide nothing: a misspelt id would leave the entry in place.
func (l *loader) hidden(base []Article) {
	there := map[string]bool{}
	for _, a := range base {
		there[a.ID] = true
	}
	for _, r := range l.articles {
		if !r.entry.Hide {
			there[r.entry.ID] = true
		}
	}
	for _, r := range l.articles {
		if id := r.entry.ID; r.entry.Hide && !there[id] {
			l.fault(r.at.file, r.at.line("id"), "article %q: there is no entry of this id to hide; `knowledge check` without a folder reads the shipped ones", id)
		}
	}
}

// over lays what was read over the entries of a base, and notes where each stands. What was read twice stays twice: the
// rules refuse it with both places.
func over[T any](l *loader, kind string, base []T, list []read[T], id func(T) string) []T {
	out := make([]T, 0, len(base)+len(list))
	replaced := map[string]bool{}
	for _, r := range list {
		replaced[id(r.entry)] = true
	}
	for _, e := range base {
		if !replaced[id(e)] {
			out = append(out, e)
		}
	}
	for _, r := range list {
		l.places[placeKey{kind, len(out)}] = r.at
		out = append(out, r.entry)
	}
	return out
}

// loader collects entries and faults over all files.
type loader struct {
	files     int
	articles  []read[Article]
	causes    []read[Cause]
	checks    []read[Check]
	incidents []read[Incident]
	extras    []read[Extra]
	places    map[any]place
	faults    []error
}

// read is one entry and the place it was read from.
type read[T any] struct {
	entry T
	at    place
}

type placeKey struct {
	kind  string
	index int
}

func (l *loader) fault(file string, line int, format string, args ...any) {
	l.faults = append(l.faults, fmt.Errorf("%s:%d: %s", file, max(line, 1), fmt.Sprintf(format, args...)))
}

func (l *loader) file(fsys fs.FS, name string) {
	l.files++
	data, err := readLimited(fsys, name)
	if err != nil {
		l.fault(name, 1, "%v", err)
		return
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return // an empty file has nothing to say
	case err != nil:
		l.yamlFaults(name, err)
		return
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		l.fault(name, 1, "there is more than one YAML document; remove the lines ---")
		return
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		if root.Tag != "!!null" {
			l.fault(name, root.Line, "the file is not a mapping; begin with articles:, causes: or checks:")
		}
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if seen[key.Value] {
			l.fault(name, key.Line, "%q stands twice; join the two lists", key.Value)
			continue
		}
		seen[key.Value] = true
		switch key.Value {
		case "articles":
			entries(l, name, value, &l.articles)
		case "causes":
			entries(l, name, value, &l.causes)
		case "checks":
			entries(l, name, value, &l.checks)
		case "incidents":
			entries(l, name, value, &l.incidents)
		case "wordings":
			entries(l, name, value, &l.extras)
		default:
			l.fault(name, key.Line, "unknown list %q; use articles, causes, checks, incidents or wordings", key.Value)
		}
	}
}

// entries decodes one list, entry by entry, so that a fault in one does not hide the next.
func entries[T any](l *loader, file string, list *yaml.Node, into *[]read[T]) {
	if list.Kind == yaml.ScalarNode && list.Tag == "!!null" {
		return
	}
	if list.Kind != yaml.SequenceNode {
		l.fault(file, list.Line, "this is not a list; begin each entry with a dash")
		return
	}
	for _, node := range list.Content {
		var entry T
		if node.Kind != yaml.MappingNode {
			l.fault(file, node.Line, "this entry is not a mapping; write its fields as name: value")
			continue
		}
		before := len(l.faults)
		unknownFields(node, typeOf[T](), func(line int, format string, args ...any) { l.fault(file, line, format, args...) })
		if len(l.faults) > before {
			continue
		}
		if err := node.Decode(&entry); err != nil {
			l.yamlFaults(file, err)
			continue
		}
		*into = append(*into, read[T]{entry, place{file, node}})
	}
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors:\s*)?line (\d+): (.*)`)

// yamlFaults gives the words of the YAML reader our form of a place.
func (l *loader) yamlFaults(file string, err error) {
	messages := []string{err.Error()}
	var list *yaml.TypeError
	if errors.As(err, &list) {
		messages = list.Errors
	}
	for _, message := range messages {
		line := 1
		if m := yamlLine.FindStringSubmatch(message); m != nil {
			fmt.Sscan(m[1], &line)
			message = m[2]
		}
		l.fault(file, line, "not readable as YAML: %s; correct the line", message)
	}
}

func readLimited(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("the file is larger than %d MiB; split it", maxFile>>20)
	}
	return data, nil
}
