package bot_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The rings of the house, outermost first. A package may import those further in, and not its own kind:
//
//	server > channels > adapters (bot/store, bot/live, bot/acquirer) > bot > flows, knowledge
//
// mayImport says for each part of the tree what else of the project it may import; the longest prefix counts.
var mayImport = map[string][]string{
	"knowledge":          {},
	"knowledge/importer": {"knowledge"},
	"flows":              {},
	"bot":                {"flows", "knowledge"},
	"bot/store":          {"bot", "flows", "knowledge"},
	"bot/live":           {"bot"},
	"bot/desk":           {"bot", "flows"},
	"bot/acquirer":       {"bot", "flows", "knowledge"},
	"bot/talks":          {"bot", "bot/store", "bot/live", "bot/acquirer", "flows", "knowledge"}, // plays the whole bot
	"channels":           {"bot", "bot/desk", "flows", "knowledge"},
	"server":             {"channels", "bot", "bot/store", "bot/live", "bot/acquirer", "bot/desk", "bot/talks", "flows", "knowledge", "knowledge/importer"},

	// What only tests use may see the adapters.
	"bot/bottest":          {"bot", "bot/store", "bot/live", "bot/acquirer", "bot/talks", "flows", "knowledge"},
	"bot/store/storetest":  {"bot", "bot/store", "flows", "knowledge"},
	"channels/channeltest": {"channels", "bot", "bot/bottest", "bot/store", "bot/live", "bot/acquirer", "flows", "knowledge"},
}

// testParts are for tests: code that runs in the house does not import them.
var testParts = []string{"bot/bottest", "bot/acquirer/acquirertest", "bot/acquirer/wechatpay/paytest", "bot/store/storetest", "channels/channeltest", "channels/wechat/wechattest"}

// shows is the one package of the house that runs on a part for tests: the command demo shows what the tests prove.
var shows = map[string]string{"server/demo": "channels/wechat/wechattest"}

// only says which part of the tree alone may import a library, tests included unless tests says otherwise.
var only = []struct {
	library string // and what is below it
	parts   []string
	tests   bool // tests elsewhere may
}{
	{"github.com/looplab/fsm", []string{"flows"}, false},
	{"database/sql", []string{"bot/store"}, true},
	{"modernc.org/sqlite", []string{"bot/store"}, true},
	{"github.com/jackc/pgx", []string{"bot/store"}, true},
	{"github.com/mattn/go-sqlite3", nil, false},
	{"github.com/spf13/cobra", []string{"server"}, false},
	{"github.com/knadh/koanf", []string{"server"}, false},
	{"github.com/gin-gonic/gin", []string{"server"}, true},
	{"github.com/blevesearch/bleve", []string{"knowledge"}, false},
	{"github.com/silenceper/wechat", []string{"channels/wechat"}, false},
	{"github.com/wechatpay-apiv3", []string{"bot/acquirer/wechatpay"}, false},
}

// under says that a package is a part of the tree or below it.
func under(pkg, part string) bool { return pkg == part || strings.HasPrefix(pkg, part+"/") }

// part returns the longest entry of mayImport that a package is under.
func part(pkg string) (string, bool) {
	best := ""
	for p := range mayImport {
		if under(pkg, p) && len(p) > len(best) {
			best = p
		}
	}
	return best, best != ""
}

// forbidden returns the sentence that a forbidden import deserves, or "".
func forbidden(module, pkg, imported string, test bool) string {
	mine, known := part(pkg)
	if !known {
		return "is at the top and nobody said where it belongs: put it into mayImport"
	}
	if imported == module || strings.HasPrefix(imported, module+"/") {
		target := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
		theirs, known := part(target)
		switch {
		case !known:
			return "imports " + target + ", which is nowhere"
		case test:
			return "" // a test may use what it tests with; the compiler refuses circles
		case shows[pkg] == target:
			return ""
		case slices.ContainsFunc(testParts, func(p string) bool { return under(target, p) }) && !slices.ContainsFunc(testParts, func(p string) bool { return under(pkg, p) }):
			return "imports " + target + ", which is for tests"
		case mine == theirs, slices.Contains(mayImport[mine], theirs):
			return ""
		}
		return "imports " + target + ": the arrow points up or sideways"
	}
	for _, o := range only {
		if under(imported, o.library) && !(test && o.tests) && !slices.ContainsFunc(o.parts, func(p string) bool { return under(pkg, p) }) {
			return fmt.Sprintf("imports %s, which is for %v alone", imported, o.parts)
		}
	}
	return ""
}

// arrows reads the imports of all Go files of a module and returns what is wrong, and how many files it read.
func arrows(tree fs.FS) (wrong []string, files int, err error) {
	mod, err := fs.ReadFile(tree, "go.mod")
	if err != nil {
		return nil, 0, err
	}
	module := ""
	for line := range strings.Lines(string(mod)) {
		if name, ok := strings.CutPrefix(line, "module "); ok {
			module = strings.TrimSpace(name)
		}
	}
	err = fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		files++
		for _, s := range f.Imports {
			imported, err := strconv.Unquote(s.Path.Value)
			if err != nil {
				return err
			}
			if fault := forbidden(module, path.Dir(name), imported, strings.HasSuffix(name, "_test.go")); fault != "" {
				wrong = append(wrong, name+" "+fault)
			}
		}
		return nil
	})
	return wrong, files, err
}

// root finds the module's folder.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}

func TestImportsPointDown(t *testing.T) {
	wrong, files, err := arrows(os.DirFS(root(t)))
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d files were read", files)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}

// TestForbiddenArrows proves that the check sees what it is there for.
func TestForbiddenArrows(t *testing.T) {
	for _, c := range []struct {
		file, imported string
		bad            bool
	}{
		{"server/main.go", "posdoctor/channels", false},
		{"server/main.go", "posdoctor/bot/store", false},
		{"server/main.go", "github.com/spf13/cobra", false},
		{"server/web/router.go", "github.com/gin-gonic/gin", false},
		{"server/web/router.go", "posdoctor/server/console", false},
		{"server/web/router.go", "database/sql", true},
		{"server/web/router.go", "posdoctor/bot/store/storetest", true},
		{"server/demo/demo.go", "posdoctor/channels/wechat/wechattest", false},
		{"server/demo/demo.go", "posdoctor/bot/bottest", true},
		{"server/demo.go", "posdoctor/server/demo", false},
		{"server/demo.go", "posdoctor/channels/wechat/wechattest", true},
		{"server/web/router.go", "posdoctor/channels/wechat/wechattest", true},
		{"channels/wechat/wechat.go", "posdoctor/channels/wechat/wechattest", true},
		{"channels/web/web.go", "posdoctor/bot", false},
		{"channels/web/web.go", "posdoctor/channels", false},
		{"channels/web/web.go", "posdoctor/bot/store", true},
		{"channels/web/web.go", "posdoctor/server/web", true},
		{"channels/web/web.go", "github.com/gin-gonic/gin", true},
		{"channels/web/web_test.go", "posdoctor/bot/store", false},
		{"channels/channeltest/channeltest.go", "posdoctor/bot/store", false},
		{"bot/engine.go", "posdoctor/flows", false},
		{"bot/engine.go", "posdoctor/knowledge", false},
		{"bot/engine.go", "posdoctor/bot/store", true},
		{"bot/engine.go", "posdoctor/bot/live", true},
		{"bot/engine.go", "posdoctor/bot/bottest", true},
		{"bot/engine.go", "posdoctor/channels", true},
		{"bot/engine.go", "posdoctor/server", true},
		{"bot/engine.go", "database/sql/driver", true},
		{"bot/engine.go", "modernc.org/sqlite", true},
		{"bot/engine.go", "github.com/looplab/fsm", true},
		{"bot/engine_test.go", "posdoctor/bot/store", false},
		{"bot/engine_test.go", "github.com/looplab/fsm", true},
		{"bot/bottest/bottest.go", "posdoctor/bot/talks", false},
		{"bot/bottest/bottest.go", "posdoctor/channels", true},
		{"bot/talks/play.go", "posdoctor/bot/store", false},
		{"bot/talks/play.go", "posdoctor/bot/bottest", true},
		{"bot/engine.go", "posdoctor/bot/talks", true},
		{"server/flows.go", "posdoctor/bot/talks", false},
		{"bot/store/open.go", "posdoctor/bot", false},
		{"bot/store/open.go", "database/sql", false},
		{"bot/store/open.go", "posdoctor/bot/live", true},
		{"bot/store/open.go", "posdoctor/bot/acquirer", true},
		{"bot/store/open.go", "posdoctor/channels/wechat", true},
		{"bot/live/bus.go", "posdoctor/bot/store", true},
		{"bot/acquirer/http.go", "posdoctor/bot/live", true},
		{"bot/acquirer/http.go", "posdoctor/server", true},
		{"flows/machine.go", "github.com/looplab/fsm", false},
		{"flows/machine.go", "posdoctor/knowledge", true},
		{"flows/machine.go", "posdoctor/bot", true},
		{"knowledge/index.go", "posdoctor/flows", true},
		{"knowledge/index.go", "posdoctor/knowledge/importer", true},
		{"knowledge/importer/join.go", "posdoctor/knowledge", false},
		{"bot/engine.go", "posdoctor/knowledge/importer", true},
		{"knowledge/index.go", "posdoctor/bot", true},
		{"knowledge/index.go", "github.com/mattn/go-sqlite3", true},
		{"tools/x.go", "fmt", true},
		{"bot/engine.go", "posdoctor", true},
		{"bot/engine.go", "posdoctorish/server", false}, // another module
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{
			"go.mod": "module posdoctor\n\ngo 1.26.0\n",
			c.file:   fmt.Sprintf("package p\n\nimport (\n\t\"fmt\"\n\t_ %q\n)\n", c.imported),
		} {
			if err := os.MkdirAll(filepath.Join(dir, path.Dir(name)), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		wrong, files, err := arrows(os.DirFS(dir))
		if err != nil || files != 1 || (len(wrong) > 0) != c.bad {
			t.Errorf("%s importing %s: %v, %d files, %v", c.file, c.imported, wrong, files, err)
		}
	}
}
