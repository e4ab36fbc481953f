package widgettest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Path is where the pages are.
const Path = "/__fixtures/"

//go:embed states.json
var states []byte

//go:embed stage.js
var stage []byte

// State is one state of the chat. The rest of its script is read by stage.js.
type State struct {
	What  string `json:"what"`  // for people
	Shows string `json:"shows"` // a CSS selector of what the state is about
	Panel bool   `json:"panel"` // on a page with the launcher, not as a page of its own
}

// States returns all states by name.
func States() (map[string]State, error) {
	var out map[string]State
	if err := json.Unmarshal(states, &out); err != nil {
		return nil, fmt.Errorf("states.json: %w", err)
	}
	return out, nil
}

var page = template.Must(template.New("").Parse(`<!doctype html>
<html lang="zh-CN">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
  <meta name="color-scheme" content="light dark">
  <title>{{.Name}}</title>
  <link rel="icon" href="data:,">
  {{- if .Panel}}
  <link rel="stylesheet" href="/w/support.css">
  {{- else}}
  <link rel="stylesheet" href="/w/chatpage.css">
  {{- end}}
  <script src="/__fixtures/stage.js"></script>
  {{- if .Panel}}
  <script src="/w/loader.js" data-site="demo" defer></script>
  {{- else}}
  <script src="/w/chatpage.js" data-site="demo" defer></script>
  {{- end}}
</head>
<body>
  {{- if .Panel}}
  <main class="wrap"><h1>{{.What}}</h1></main>
  {{- else}}
  <div id="chat"></div>
  {{- end}}
</body>
</html>
`))

var list = template.Must(template.New("").Parse(`<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>fixtures</title><link rel="icon" href="data:,">
<ul>{{range .}}<li><a href="/__fixtures/{{.}}">{{.}}</a> <a href="/__fixtures/{{.}}?lang=en">en</a></li>
{{end}}</ul>
</html>
`))

// Over serves the pages beside the routes of next, which has the built files.
func Over(next http.Handler) http.Handler {
	all, err := States()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ours := strings.CutPrefix(r.URL.Path, Path)
		if !ours {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		state, known := all[name]
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		case name == "":
			list.Execute(w, slices.Sorted(maps.Keys(all)))
		case name == "stage.js":
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
			w.Write(stage)
		case name == "states.json":
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.Write(states)
		case known:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			page.Execute(w, struct {
				Name string
				State
			}{name, state})
		default:
			http.NotFound(w, r)
		}
	})
}
