package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// entry is one source file and the one file it becomes. Paths are slash-separated and relative to the module root.
type entry struct {
	source string
	dist   string
	format api.Format // of scripts: IIFE for a plain <script>, ESM for modules and import()
	limit  int        // of the compressed size in bytes; 0 is none
	// borrows is set for a part that chat.js imports when it is needed: what it has of Preact and of the chat's own state are chat.js's.
	borrows bool
}

// entries is every file the pages load. An entry whose source does not exist is skipped.
// What is loaded by another one comes before it: the loading one carries its version.
var entries = []entry{
	{source: "channels/web/widget/styles/chat.css", dist: "channels/web/dist/chat.css"},
	{source: "channels/web/widget/styles/launcher.css", dist: "channels/web/dist/launcher.css"},
	{source: "channels/web/widget/more/more.css", dist: "channels/web/dist/chat-more.css"},
	{source: "channels/web/widget/more/more.ts", dist: "channels/web/dist/chat-more.js", format: api.FormatESModule, limit: 15_000, borrows: true},
	{source: "channels/web/widget/texts-en.ts", dist: "channels/web/dist/chat-en.js", format: api.FormatESModule},
	{source: "channels/web/widget/chat.tsx", dist: "channels/web/dist/chat.js", format: api.FormatESModule, limit: 25_000},
	{source: "channels/web/widget/embed.ts", dist: "channels/web/dist/embed.js", format: api.FormatESModule, limit: 2_800},
	{source: "channels/web/widget/loader.ts", dist: "channels/web/dist/loader.js", format: api.FormatIIFE, limit: 3_000},
	{source: "channels/web/pages/page.ts", dist: "channels/web/dist/page.js", format: api.FormatIIFE},
	{source: "channels/web/pages/chatpage.ts", dist: "channels/web/dist/chatpage.js", format: api.FormatIIFE},
	{source: "channels/web/pages/demo.ts", dist: "channels/web/dist/demo.js", format: api.FormatIIFE},
	{source: "channels/web/pages/demo/demo.css", dist: "channels/web/dist/demo.css"},
	{source: "channels/web/pages/support.css", dist: "channels/web/dist/support.css"},
	{source: "channels/web/pages/chatpage.css", dist: "channels/web/dist/chatpage.css"},
	{source: "server/console/src/settings/main.tsx", dist: "server/console/dist/settings.js", format: api.FormatESModule, limit: 40_000},
	{source: "server/console/src/main.tsx", dist: "server/console/dist/console.js", format: api.FormatESModule, limit: 90_000},
	{source: "server/console/src/console.css", dist: "server/console/dist/console.css"},
}

const preact = "channels/web/third_party/preact/"

// aliases are the package names that sources import, and the vendored files they mean.
var aliases = map[string]string{
	"preact":             preact + "dist/preact.mjs",
	"preact/hooks":       preact + "hooks/dist/hooks.mjs",
	"preact/jsx-runtime": preact + "jsx-runtime/dist/jsxRuntime.mjs",
}

// preactNotice keeps the licence's one condition, and is last in each file that contains Preact.
const preactNotice = "/*! Preact 11.2.0 | MIT License | Copyright (c) 2015-present Jason Miller */"

// file is one built file.
type file struct {
	content []byte
	limit   int
}

// build bundles every entry whose source exists. Keys are the dist paths. When some entries fail, the error tells of
// each and the files hold the others, so that a mistake in one page does not stop work on another.
func build(root string) (map[string]file, error) {
	files := map[string]file{}
	var failed []error
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(root, e.source)); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		content, err := bundle(root, e, files)
		if err != nil {
			failed = append(failed, fmt.Errorf("bundling %s: %w", e.source, err))
			continue
		}
		files[e.dist] = file{content: content, limit: e.limit}
	}
	return files, errors.Join(failed...)
}

// bundle builds one entry. earlier holds what was built before it, for the versions.
func bundle(root string, e entry, earlier map[string]file) ([]byte, error) {
	options := common(root)
	options.EntryPoints = []string{filepath.Join(root, e.source)}
	options.Outfile = filepath.Join(root, e.dist)
	if strings.HasSuffix(e.dist, ".css") {
		options.Engines = browsers
	} else {
		options.Format = e.format
		options.Plugins = []api.Plugin{vendored(root), cssText(root)}
		if e.borrows {
			options.Plugins = []api.Plugin{borrowed(root)}
		}
		options.Define = map[string]string{
			// Query strings that change with the file, so that a browser may keep it for ever.
			"CHAT_JS_VERSION":  `"` + version(earlier["channels/web/dist/chat.js"].content) + `"`,
			"CHAT_EN_VERSION":  `"` + version(earlier["channels/web/dist/chat-en.js"].content) + `"`,
			"EMBED_VERSION":    `"` + version(earlier["channels/web/dist/embed.js"].content) + `"`,
			"CHAT_CSS_VERSION": `"` + version(earlier["channels/web/dist/chat.css"].content) + `"`,
			"MORE_JS_VERSION":  `"` + version(earlier["channels/web/dist/chat-more.js"].content) + `"`,
			"MORE_CSS_VERSION": `"` + version(earlier["channels/web/dist/chat-more.css"].content) + `"`,
			"SETTINGS_VERSION": `"` + version(earlier["server/console/dist/settings.js"].content) + `"`,
		}
	}
	content, err := output(api.Build(options))
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(e.source, ".tsx") {
		content = append(bytes.TrimRight(content, "\n"), "\n"+preactNotice+"\n"...)
	}
	return content, nil
}

// browsers are what style sheets are lowered for; scripts are lowered by language version.
var browsers = []api.Engine{{Name: api.EngineChrome, Version: "73"}, {Name: api.EngineFirefox, Version: "68"}, {Name: api.EngineSafari, Version: "12"}}

// common is what scripts and style sheets share. A tsconfig.json beside the sources is for tsc and not read here.
func common(root string) api.BuildOptions {
	return api.BuildOptions{
		AbsWorkingDir:     root,
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Target:            api.ES2018,
		Supported:         map[string]bool{"dynamic-import": true, "import-meta": true},
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsEndOfFile,
		Sourcemap:         api.SourceMapNone,
		Platform:          api.PlatformBrowser,
		JSX:               api.JSXAutomatic,
		JSXImportSource:   "preact",
		TsconfigRaw:       `{"compilerOptions":{"useDefineForClassFields":false}}`,
		LogLevel:          api.LogLevelSilent,
		Write:             false,
	}
}

// vendored resolves the names in aliases.
func vendored(root string) api.Plugin {
	return api.Plugin{Name: "vendored", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: `^preact($|/)`}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			path, ok := aliases[a.Path]
			if !ok {
				return api.OnResolveResult{}, fmt.Errorf("%s is not vendored; see %sREADME.md", a.Path, preact)
			}
			return api.OnResolveResult{Path: filepath.Join(root, path), SideEffects: api.SideEffectsFalse}, nil
		})
	}}
}

// lent are the modules whose things a borrowing part has from chat.js; see channels/web/widget/kit.ts.
var lent = []string{"view/context.ts", "keep.ts"}

// borrowed gives a part the running things of chat.js instead of copies: two copies of Preact would not know of each other.
func borrowed(root string) api.Plugin {
	const widget = "channels/web/widget/"
	slip := filepath.Join(root, widget+"more/borrowed.ts")
	return api.Plugin{Name: "borrowed", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: `^preact($|/)`}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: slip}, nil
		})
		b.OnResolve(api.OnResolveOptions{Filter: `^\.`}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			path := filepath.Join(a.ResolveDir, a.Path) + ".ts"
			for _, name := range lent {
				if path == filepath.Join(root, widget+name) {
					return api.OnResolveResult{Path: slip}, nil
				}
			}
			return api.OnResolveResult{}, nil
		})
	}}
}

// cssText gives a script that imports a style sheet its text, bundled and minified, for constructable style sheets.
func cssText(root string) api.Plugin {
	return api.Plugin{Name: "css-text", Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: `\.css$`}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			options := common(root)
			options.Engines = browsers
			options.EntryPoints = []string{a.Path}
			options.Outfile = a.Path + ".out.css"
			content, err := output(api.Build(options))
			if err != nil {
				return api.OnLoadResult{}, err
			}
			text := strings.TrimSpace(string(content))
			return api.OnLoadResult{Contents: &text, Loader: api.LoaderText}, nil
		})
	}}
}

// output returns the one file of a build, or all its messages as one error. Warnings count as errors.
func output(result api.BuildResult) ([]byte, error) {
	messages := api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
	messages = append(messages, api.FormatMessages(result.Warnings, api.FormatMessagesOptions{Kind: api.WarningMessage})...)
	if len(messages) > 0 {
		return nil, errors.New(strings.TrimSpace(strings.Join(messages, "")))
	}
	if len(result.OutputFiles) != 1 {
		return nil, fmt.Errorf("%d output files, want 1", len(result.OutputFiles))
	}
	return result.OutputFiles[0].Contents, nil
}

// version is the first 10 hexadecimal digits of the content's SHA-256, or "" when there is no content.
func version(content []byte) string {
	if len(content) == 0 {
		return ""
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])[:10]
}

// gzipSize is the size at best compression, as the server sends it.
func gzipSize(content []byte) int {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	w.Write(content)
	w.Close()
	return b.Len()
}

// distDirs are the folders that hold built files and nothing else.
func distDirs() []string {
	seen := map[string]bool{}
	for _, e := range entries {
		seen[filepath.ToSlash(filepath.Dir(e.dist))] = true
	}
	return sortedKeys(seen)
}

func names(files map[string]file) []string { return sortedKeys(files) }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
