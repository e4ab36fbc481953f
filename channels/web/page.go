package web

import (
	"embed"
	"io/fs"
	"regexp"
)

//go:embed dist
var dist embed.FS

//go:embed pages/support.html
var supportPage []byte

//go:embed pages/chat.html
var chatPage []byte

// Dist returns the built files of the widget and its pages.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

var demoHint = regexp.MustCompile(` *<p class="demo">[^\n]*\n`)

// SupportPage is the made-up acquirer's support page with the widget on it. What it tells to try needs the demo merchants of the
// simulator inside; no other acquirer lets anybody be a merchant by saying so.
func SupportPage(demo bool) []byte {
	if demo {
		return supportPage
	}
	return demoHint.ReplaceAll(supportPage, nil)
}

// ChatPage is the chat as a page of its own, for phones and for WeChat's browser.
func ChatPage() []byte { return chatPage }
