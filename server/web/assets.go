package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"
)

// assets are the built files of the pages, compressed once at the start.
type assets map[string]asset

type asset struct {
	kind, etag string
	plain, gz  []byte
}

// newAssets reads the built files of the widget (below /w/) and of the console (below /console/).
func newAssets(widget, console fs.FS) assets {
	all := assets{}
	all.add("/w/", widget)
	all.add("/console/", console)
	return all
}

func (a assets) add(prefix string, files fs.FS) {
	if files == nil {
		return
	}
	names, _ := fs.Glob(files, "*")
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			continue // a folder
		}
		sum := sha256.Sum256(data)
		var gz bytes.Buffer
		w, _ := gzip.NewWriterLevel(&gz, gzip.BestCompression)
		w.Write(data)
		w.Close()
		a[prefix+name] = asset{kind: kindOf(name), etag: `"` + hex.EncodeToString(sum[:8]) + `"`, plain: data, gz: gz.Bytes()}
	}
}

func kindOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	}
	return mime.TypeByExtension(path.Ext(name))
}

func (a assets) serve(c *gin.Context) {
	f, ok := a[c.Request.URL.Path]
	if !ok {
		fail(c, http.StatusNotFound, "not_found", "没有这个文件。")
		return
	}
	h := c.Writer.Header()
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	// Widget files are loaded by the pages of others: they may read them, and must ask again when they changed.
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if c.GetHeader("If-None-Match") == f.etag {
		c.Status(http.StatusNotModified)
		return
	}
	data := f.plain
	if strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		data = f.gz
	}
	c.Data(http.StatusOK, f.kind, data)
}

// page serves one HTML page.
func page(html []byte) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Cache-Control", "no-cache")
		c.Data(http.StatusOK, "text/html; charset=utf-8", html)
	}
}
