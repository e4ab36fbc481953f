// Package console holds the pages of the agents: index.html, the sources under
// src and what `go run ./server/webbuild` makes of them under dist. It serves
// nothing itself; server/web sends Index at /console and the files of Dist
// below /console/.
//
// The pages run under the Content-Security-Policy (CSP) that server/web sends
// with every answer, and need nothing more.
//
// Why Preact and an own small style sheet: component kits write style
// attributes, which style-src 'self' forbids, and weigh ten times as much.
package console

import (
	"embed"
	"io/fs"
)

// Index is the one page, for GET /console. It loads /console/console.css and
// /console/console.js.
//
//go:embed index.html
var Index []byte

//go:embed dist
var files embed.FS

// Dist has the built files at its root: console.js and console.css.
var Dist = dist()

func dist() fs.FS {
	sub, err := fs.Sub(files, "dist")
	if err != nil { // "dist" is a valid path, so this cannot happen
		panic(err)
	}
	return sub
}
