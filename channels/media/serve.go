package media

import (
	"mime"
	"net/http"
	"strconv"

	"posdoctor/bot"
)

var extension = map[string]string{"image/webp": ".webp", "audio/amr": ".amr", "audio/mpeg": ".mp3", "application/octet-stream": ".bin"}

// Serve answers with a file. What a page may not show is for saving: it comes under a name of ours, for the bytes are a stranger's.
// Nobody between may keep it, and should it ever be opened as a page, nothing in it runs.
func Serve(w http.ResponseWriter, f bot.File) {
	h := w.Header()
	disposition := "inline"
	if !f.Shown() {
		disposition = mime.FormatMediaType("attachment", map[string]string{"filename": f.Kind + extension[f.MIME]})
	}
	h.Set("Content-Disposition", disposition)
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", f.MIME)
	h.Set("Content-Length", strconv.Itoa(len(f.Data)))
	w.WriteHeader(http.StatusOK)
	w.Write(f.Data)
}
