// Package console holds the pages of the agents: index.html, the sources under
// src and what `go run ./server/webbuild` makes of them under dist. It serves
// nothing itself; server/web sends Index at /console and the files of Dist
// below /console/.
//
// The pages run under this Content-Security-Policy (CSP) and need nothing more.
//
// Why Preact and an own small style sheet: component kits write style
// attributes, which style-src 'self' forbids, and weigh ten times as much.
package console

import (
	"embed"
	"io/fs"
)

// CSP is the policy the pages are written for. It has no 'unsafe-' word in it:
// texts reach the page as text nodes only, styles as one file.
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"

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
