package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

const (
	// MaxIn is how many bytes a picture may have that comes in.
	MaxIn = 10 << 20
	// MaxOut is how many bytes a picture has at the most that was drawn.
	MaxOut = 2 << 20
	// MaxSide is its longest side in pixels: enough to read a slip, and no more than a screen shows.
	MaxSide = 2560

	maxPixels  = 40_000_000
	maxPixels2 = maxPixels / 2 // of two bytes a colour, or progressive: all its coefficients are held at once
	maxScans   = 100           // of a progressive JPEG, which cameras give ten; each goes through all its pixels
)

// ErrUnread means that a file is no picture, or one that cannot be read here.
var ErrUnread = errors.New("the picture cannot be read")

// PixelsError refuses a picture that would take too much memory.
type PixelsError struct{ Width, Height int }

func (e *PixelsError) Error() string {
	return fmt.Sprintf("%d by %d pixels are too many", e.Width, e.Height)
}

// Drawn is a picture drawn anew: image/jpeg or image/png.
type Drawn struct {
	Data          []byte
	MIME          string
	Width, Height int
}

// drawing is held by who decodes: one picture takes up to 300 MB.
var drawing = make(chan struct{}, 1)

// Draw draws a stranger's picture anew, so that what is kept holds what it shows and nothing else: no place where it was taken, no
// thumbnail from before it was cut, nothing behind its end. It stands upright, its longest side has MaxSide pixels at the most and it
// has MaxOut bytes at the most. Of what moves the first picture counts. Errors: ErrUnread, *PixelsError, that of ctx while others draw.
func Draw(ctx context.Context, data []byte) (out Drawn, err error) {
	mime := Sniff(data)
	decode := decoders[mime]
	if decode == nil {
		return Drawn{}, ErrUnread
	}
	select {
	case drawing <- struct{}{}:
		defer func() { <-drawing }()
	case <-ctx.Done():
		return Drawn{}, ctx.Err()
	}
	defer func() {
		if p := recover(); p != nil { // in a decoder: the picture is broken in a way that nobody thought of
			out, err = Drawn{}, ErrUnread
		}
	}()
	if err := fits(data, mime); err != nil {
		return Drawn{}, err
	}
	img, err := decode(bytes.NewReader(data))
	if err != nil {
		return Drawn{}, ErrUnread
	}
	// A photograph is small as JPEG; what has few colours, or was drawn, is small and sharp as PNG.
	_, photo := img.(*image.YCbCr)
	return encode(upright(within(img, MaxSide), orientation(data, mime)), photo || mime == "image/jpeg")
}

var decoders = map[string]func(*bytes.Reader) (image.Image, error){
	"image/jpeg": func(r *bytes.Reader) (image.Image, error) { return jpeg.Decode(r) },
	"image/png":  func(r *bytes.Reader) (image.Image, error) { return png.Decode(r) },
	"image/gif":  func(r *bytes.Reader) (image.Image, error) { return gif.Decode(r) }, // its first frame
	"image/webp": func(r *bytes.Reader) (image.Image, error) { return webp.Decode(r) },
}

var configs = map[string]func(*bytes.Reader) (image.Config, error){
	"image/jpeg": func(r *bytes.Reader) (image.Config, error) { return jpeg.DecodeConfig(r) },
	"image/png":  func(r *bytes.Reader) (image.Config, error) { return png.DecodeConfig(r) },
	"image/gif":  func(r *bytes.Reader) (image.Config, error) { return gif.DecodeConfig(r) },
	"image/webp": func(r *bytes.Reader) (image.Config, error) { return webp.DecodeConfig(r) },
}

// fits judges by the head of a picture whether it may be decoded.
func fits(data []byte, mime string) error {
	c, err := configs[mime](bytes.NewReader(data))
	if err != nil || mime == "image/jpeg" && bytes.Count(data, []byte("\xff\xda")) > maxScans {
		return ErrUnread
	}
	most := int64(maxPixels)
	switch c.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model, color.Gray16Model:
		most = maxPixels2
	}
	if _, progressive := segment(data, 0xc2, ""); progressive {
		most = maxPixels2
	}
	if c.Width < 1 || c.Height < 1 || int64(c.Width)*int64(c.Height) > most {
		return &PixelsError{c.Width, c.Height}
	}
	return nil
}

// within makes a picture smaller until no side is longer than most.
func within(img image.Image, most int) image.Image {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if w <= most && h <= most {
		return img
	}
	if w >= h {
		w, h = most, max(1, h*most/w)
	} else {
		w, h = max(1, w*most/h), most
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.BiLinear.Scale(out, out.Bounds(), img, img.Bounds(), draw.Src, nil)
	return out
}

// encode makes the file, of at most MaxOut bytes.
func encode(img image.Image, photo bool) (Drawn, error) {
	var b bytes.Buffer
	done := func(mime string) (Drawn, error) {
		return Drawn{b.Bytes(), mime, img.Bounds().Dx(), img.Bounds().Dy()}, nil
	}
	if !photo {
		if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img); err == nil && b.Len() <= MaxOut {
			return done("image/png")
		}
		img = opaque(img)
	}
	for ; ; img = within(img, max(img.Bounds().Dx(), img.Bounds().Dy())*3/4) {
		for _, quality := range []int{85, 70} {
			b.Reset()
			if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
				return Drawn{}, ErrUnread
			}
			if b.Len() <= MaxOut {
				return done("image/jpeg")
			}
		}
	}
}

// opaque lays a picture on white paper: JPEG knows no holes, and would make them black.
func opaque(img image.Image) image.Image {
	if o, ok := img.(interface{ Opaque() bool }); ok && o.Opaque() {
		return img
	}
	out := image.NewRGBA(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Bounds(), img, img.Bounds().Min, draw.Over)
	return out
}
