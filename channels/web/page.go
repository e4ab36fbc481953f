package web

import (
	"embed"
	"io/fs"
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

// SupportPage is the made-up acquirer's support page with the widget on it.
func SupportPage() []byte { return supportPage }

// ChatPage is the chat as a page of its own, for phones and for WeChat's browser.
func ChatPage() []byte { return chatPage }
