package media

import (
	"bytes"
	"strings"
)

// Sniff is the type of a file by its first bytes, "" for one that is not taken: pictures as JPEG, PNG, GIF or WebP, voices as AMR or MP3.
// SVG, HTML and PDF are text or programs to a browser, and are none of these.
func Sniff(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(b, []byte("GIF87a")), bytes.HasPrefix(b, []byte("GIF89a")):
		return "image/gif"
	case len(b) > 16 && string(b[:4]) == "RIFF" && string(b[8:15]) == "WEBPVP8":
		return "image/webp"
	case bytes.HasPrefix(b, []byte("#!AMR\n")), bytes.HasPrefix(b, []byte("#!AMR-WB\n")):
		return "audio/amr"
	case bytes.HasPrefix(b, []byte("ID3")), len(b) > 3 && b[0] == 0xff && b[1]&0xe6 == 0xe2: // MPEG layer III
		return "audio/mpeg"
	}
	return ""
}

// IsPicture says that a file begins as a picture that Draw may read.
func IsPicture(b []byte) bool { return strings.HasPrefix(Sniff(b), "image/") }
