package media

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"posdoctor/bot"
)

func encoded(t testing.TB, encode func(b *bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// edged is a grey picture with a red left edge.
func edged(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{40, 40, 40, 255}
			if x < w/4 {
				c = color.RGBA{250, 0, 0, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func noise(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.Uint32())
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

func aJPEG(t testing.TB, img image.Image) []byte {
	return encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, img, nil) })
}

func aPNG(t testing.TB, img image.Image) []byte {
	return encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, img) })
}

func aGIF(t testing.TB, img image.Image) []byte {
	return encoded(t, func(b *bytes.Buffer) error { return gif.Encode(b, img, nil) })
}

// WebP pictures of one pixel, as browsers are tested with. Go has no encoder.
var (
	webpLossy    = must64("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
	webpLossless = must64("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	webpAlpha    = must64("UklGRkoAAABXRUJQVlA4WAoAAAAQAAAAAAAAAAAAQUxQSAwAAAARBxAR/Q9ERP8DAABWUDggGAAAABQBAJ0BKgEAAQAAAP4AAA3AAP7mtQAAAA==")
	webpMoving   = must64("UklGRlIAAABXRUJQVlA4WAoAAAASAAAAAAAAAAAAQU5JTQYAAAD/////AABBTk1GJgAAAAAAAAAAAAAAAAAAAGQAAABWUDhMDQAAAC8AAAAQBxAREYiI/gcA")
)

func must64(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// tiff is what a camera writes: how it was held, and where it was.
func tiff(orientation int) []byte {
	b := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	b = binary.BigEndian.AppendUint16(b, uint16(orientation))
	return append(b, "\x00\x00\x00\x00\x00\x00GPS 31.2304N 121.4737E"...)
}

// turnedJPEG is a JPEG with an Exif part.
func turnedJPEG(t testing.TB, orientation int) []byte {
	part := append([]byte("Exif\x00\x00"), tiff(orientation)...)
	data := aJPEG(t, edged(64, 32))
	out := append([]byte("\xff\xd8\xff\xe1"), binary.BigEndian.AppendUint16(nil, uint16(len(part)+2))...)
	return append(append(out, part...), data[2:]...)
}

// turnedPNG is a PNG with an eXIf chunk.
func turnedPNG(t testing.TB, orientation int) []byte { return withChunk(t, "eXIf", tiff(orientation)) }

// withChunk is a PNG with a chunk behind its head.
func withChunk(t testing.TB, name string, part []byte) []byte {
	data := aPNG(t, edged(64, 32))
	part = append([]byte(name), part...)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(part)-4))
	chunk = binary.BigEndian.AppendUint32(append(chunk, part...), crc32.ChecksumIEEE(part))
	return append(append(bytes.Clone(data[:33]), chunk...), data[33:]...)
}

// headPNG is a PNG that says it has so many pixels, and has none.
func headPNG(w, h uint32) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	head = append(head, 8, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

// TestDraw: what becomes of what strangers send.
func TestDraw(t *testing.T) {
	script := "<html><script>alert(1)</script>"
	pages := map[string]struct {
		data []byte
		mime string // "" for refused
		side int    // the longer one; 0: not looked at
		many bool   // refused for its pixels
	}{
		"JPEG":                         {data: aJPEG(t, edged(300, 200)), mime: "image/jpeg", side: 300},
		"grey JPEG":                    {data: aJPEG(t, image.NewGray(image.Rect(0, 0, 50, 40))), mime: "image/jpeg", side: 50},
		"PNG":                          {data: aPNG(t, edged(300, 200)), mime: "image/png", side: 300},
		"PNG of 16 bits":               {data: aPNG(t, image.NewGray16(image.Rect(0, 0, 9, 9))), mime: "image/png", side: 9},
		"GIF":                          {data: aGIF(t, edged(30, 20)), mime: "image/png", side: 30},
		"WebP, lossy":                  {data: webpLossy, mime: "image/jpeg", side: 1},
		"WebP, lossless":               {data: webpLossless, mime: "image/png", side: 1},
		"WebP with alpha":              {data: webpAlpha, mime: "image/png", side: 1},
		"WebP that moves":              {data: webpMoving},
		"a large photo":                {data: aJPEG(t, edged(4000, 3000)), mime: "image/jpeg", side: MaxSide},
		"a tall screenshot":            {data: aPNG(t, edged(300, 6000)), mime: "image/png", side: MaxSide},
		"a line of pixels":             {data: aPNG(t, edged(20_000, 1)), mime: "image/png", side: MaxSide},
		"noise, as PNG":                {data: aPNG(t, noise(1200, 1200)), mime: "image/jpeg"},
		"noise, as JPEG":               {data: encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, noise(2560, 2000), &jpeg.Options{Quality: 100}) }), mime: "image/jpeg"},
		"JPEG with a page behind it":   {data: append(aJPEG(t, edged(30, 20)), script...), mime: "image/jpeg"},
		"GIF with an archive behind":   {data: append(aGIF(t, edged(30, 20)), "PK\x03\x04"+script...), mime: "image/png"},
		"PNG with a page in a comment": {data: withChunk(t, "tEXt", []byte("Comment\x00"+script)), mime: "image/png"},
		"JPEG with where it was taken": {data: turnedJPEG(t, 1), mime: "image/jpeg", side: 64},
		"50000 by 50000, PNG":          {data: headPNG(50_000, 50_000), many: true},
		"41 million pixels, PNG":       {data: headPNG(8200, 5000), many: true},
		"65535 by 65535, GIF":          {data: []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00;"), many: true},
		"16383 by 16383, WebP":         {data: []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\xfe\xbf\xff\x0f\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), many: true},
		"no pixels, PNG":               {data: headPNG(0, 0)},
		"PNG that breaks off":          {data: aPNG(t, noise(64, 64))[:500]},
		"JPEG that breaks off":         {data: aJPEG(t, noise(64, 64))[:700]},
		"the beginning of a JPEG":      {data: []byte("\xff\xd8\xff\xe0" + script)},
		"the beginning of a WebP":      {data: []byte("RIFF\x10\x00\x00\x00WEBPVP8 xxxxxxxxxxxxx")},
		"SVG":                          {data: []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)},
		"HTML":                         {data: []byte(script)},
		"HTML with a picture behind":   {data: append([]byte(script), aJPEG(t, edged(9, 9))...)},
		"PDF":                          {data: []byte("%PDF-1.7\n1 0 obj<</S/JavaScript/JS(app.alert(1))>>")},
		"PDF with a picture in it":     {data: append([]byte("%PDF-1.7\n"), aJPEG(t, edged(9, 9))...)},
		"BMP":                          {data: append([]byte("BM"), make([]byte, 200)...)},
		"TIFF":                         {data: append([]byte("II*\x00"), make([]byte, 200)...)},
		"HEIC":                         {data: append([]byte("\x00\x00\x00\x18ftypheic"), make([]byte, 200)...)},
		"a voice":                      {data: append([]byte("#!AMR\n"), make([]byte, 200)...)},
		"a program":                    {data: []byte("\x7fELF\x02\x01\x01")},
		"an archive":                   {data: []byte("PK\x03\x04")},
		"a form of a browser":          {data: []byte("--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"../../a.png\"\r\n\r\n\x89PNG")},
		"nothing":                      {},
	}
	for name, tc := range pages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := Draw(t.Context(), tc.data)
			var pixels *PixelsError
			switch {
			case tc.mime != "" && err != nil:
				t.Fatal(err)
			case tc.mime == "":
				if errors.As(err, &pixels) != tc.many || !tc.many && !errors.Is(err, ErrUnread) && name != "no pixels, PNG" || d.Data != nil {
					t.Fatalf("%v, %d bytes", err, len(d.Data))
				}
				return
			}
			if d.MIME != tc.mime || Sniff(d.Data) != tc.mime || !(bot.File{MIME: d.MIME}).Shown() {
				t.Errorf("it is %s, said to be %s", Sniff(d.Data), d.MIME)
			}
			img, _, err := image.Decode(bytes.NewReader(d.Data))
			if err != nil || img.Bounds().Dx() != d.Width || img.Bounds().Dy() != d.Height {
				t.Fatalf("%v, %d by %d", err, d.Width, d.Height)
			}
			if side := max(d.Width, d.Height); side > MaxSide || tc.side > 0 && side != tc.side {
				t.Errorf("its longest side is %d", side)
			}
			if len(d.Data) > MaxOut {
				t.Errorf("%d bytes", len(d.Data))
			}
			for _, bad := range []string{"script", "GPS", "tEXt", "Exif", "eXIf", "PK\x03\x04"} {
				if bytes.Contains(d.Data, []byte(bad)) {
					t.Errorf("%q is still there", bad)
				}
			}
		})
	}
}

// TestUpright turns a red left edge to where each orientation has it.
func TestUpright(t *testing.T) {
	for orientation, edge := range map[int]string{0: "left", 1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom", 9: "left"} {
		for name, data := range map[string][]byte{"JPEG": turnedJPEG(t, orientation), "PNG": turnedPNG(t, orientation)} {
			d, err := Draw(t.Context(), data)
			if err != nil {
				t.Fatal(name, err)
			}
			img, _, err := image.Decode(bytes.NewReader(d.Data))
			if err != nil {
				t.Fatal(name, err)
			}
			w, h := d.Width, d.Height
			red := func(x, y int) bool { r, _, _, _ := img.At(x, y).RGBA(); return r > 0x8000 }
			got := ""
			for side, at := range map[string]image.Point{"left": {2, h / 2}, "right": {w - 3, h / 2}, "top": {w / 2, 2}, "bottom": {w / 2, h - 3}} {
				if red(at.X, at.Y) {
					got += side
				}
			}
			if got != edge {
				t.Errorf("%s, orientation %d: red %s, want %s", name, orientation, got, edge)
			}
		}
	}
	webp := func(part string) []byte {
		return append([]byte("RIFF\x00\x00\x00\x00WEBPVP8X\x03\x00\x00\x00abc\x00"), part...)
	}
	exif := "EXIF" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(tiff(6))))) + string(tiff(6))
	for name, tc := range map[string]struct {
		data []byte
		mime string
		want int
	}{
		"WebP":                   {webp(exif), "image/webp", 6},
		"WebP that breaks off":   {webp(exif[:20]), "image/webp", 1},
		"no part":                {[]byte{0xff, 0xd8}, "image/jpeg", 1},
		"cut":                    {turnedJPEG(t, 6)[:24], "image/jpeg", 1},
		"a part of no length":    {[]byte("\xff\xd8\xff\xe1\x00\x00Exif\x00\x00"), "image/jpeg", 1},
		"entries beyond the end": {append([]byte("\xff\xd8\xff\xe1\x00\x12Exif\x00\x00II*\x00"), 0xff, 0xff, 0xff, 0x7f, 0, 0), "image/jpeg", 1},
		"a chunk of 4 GB":        {[]byte("\x89PNG\r\n\x1a\n\xff\xff\xff\xffeXIf"), "image/png", 1},
	} {
		if got := orientation(tc.data, tc.mime); got != tc.want {
			t.Errorf("%s: %d", name, got)
		}
	}
}

// TestPaper: a hole in a picture is white where the picture becomes a JPEG.
func TestPaper(t *testing.T) {
	img := noise(1300, 1300)
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 0
	}
	img.Pix[3] = 255
	for i := range img.Pix { // a PNG that stays large
		if i%4 != 3 {
			img.Pix[i] |= 1
		}
	}
	holes := image.NewNRGBA(img.Bounds())
	copy(holes.Pix, img.Pix)
	d, err := Draw(t.Context(), aPNG(t, holes))
	if err != nil || d.MIME != "image/jpeg" {
		t.Fatal(d.MIME, err)
	}
	out, _ := jpeg.Decode(bytes.NewReader(d.Data))
	if r, _, _, _ := out.At(600, 600).RGBA(); r < 0xf000 {
		t.Errorf("it is %x", r)
	}
}

// TestOneAtATime: who waits for another's picture gives up with his context.
func TestOneAtATime(t *testing.T) {
	drawing <- struct{}{}
	defer func() { <-drawing }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := Draw(ctx, webpLossy); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// FuzzDraw: no bytes bring it down, and what comes out is a picture without anything else.
func FuzzDraw(f *testing.F) {
	f.Add(aPNG(f, edged(8, 8)))
	f.Add(turnedPNG(f, 6))
	f.Add(aGIF(f, edged(8, 8)))
	f.Add(turnedJPEG(f, 6))
	f.Add(turnedJPEG(f, 3)[:300])
	f.Add(webpLossy)
	f.Add(webpLossless)
	f.Add(webpAlpha)
	f.Add(webpMoving)
	f.Fuzz(func(t *testing.T, data []byte) {
		mime := Sniff(data)
		if !strings.HasPrefix(mime, "image/") != !IsPicture(data) {
			t.Fatal(mime)
		}
		if read := configs[mime]; read != nil {
			if c, err := read(bytes.NewReader(data)); err == nil && c.Width*c.Height > 1<<20 {
				return // only slow
			}
		}
		start := time.Now()
		d, err := Draw(t.Context(), data)
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("%s of %d bytes took %s", mime, len(data), took)
		}
		if err == nil && (Sniff(d.Data) != d.MIME || !(bot.File{MIME: d.MIME}).Shown() || bytes.Contains(d.Data, []byte("Exif"))) {
			t.Fatalf("%s: %q", d.MIME, d.Data[:min(len(d.Data), 100)])
		}
	})
}
