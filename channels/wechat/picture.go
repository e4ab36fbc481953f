package wechat

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
)

// contentError means that a file is not what may be kept.
type contentError struct{ reason string }

func (e *contentError) Error() string { return "the file is not kept: " + e.reason }

// sniff is the type of a file by its first bytes, "" for one that is not taken. WeChat sends pictures of these kinds, and voices as AMR
// or MP3.
func sniff(b []byte) string {
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

const (
	maxPixels  = 40_000_000
	maxPixels2 = maxPixels / 2 // of two bytes a colour, or progressive: all its coefficients are held at once
	maxScans   = 100           // of a progressive JPEG, which cameras give ten; each goes through all its pixels
	quality    = 85
)

// unread is the type of a picture that could not be read here: an agent may save it, no page shows it.
const unread = "application/octet-stream"

// picture draws a picture of a stranger's anew, so that what is kept holds what it shows and nothing else: no place where it was taken,
// no thumbnail from before it was cut, nothing behind its end. It comes as JPEG or PNG. WebP and what is broken stay as they are, WebP
// with its own type, the rest as unread.
func picture(data []byte, mime string) (out []byte, outMIME string, err error) {
	if mime == "image/webp" {
		return data, mime, nil
	}
	defer func() {
		if p := recover(); p != nil { // in a decoder: the picture is broken in a way that nobody thought of
			out, outMIME, err = data, unread, nil
		}
	}()
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return data, unread, nil
	}
	if mime == "image/jpeg" && bytes.Count(data, []byte("\xff\xda")) > maxScans {
		return data, unread, nil
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
		return nil, "", &contentError{fmt.Sprintf("%d by %d pixels are too many", c.Width, c.Height)}
	}
	decode := map[string]func(*bytes.Reader) (image.Image, error){
		"image/jpeg": func(r *bytes.Reader) (image.Image, error) { return jpeg.Decode(r) },
		"image/png":  func(r *bytes.Reader) (image.Image, error) { return png.Decode(r) },
		"image/gif":  func(r *bytes.Reader) (image.Image, error) { return gif.Decode(r) }, // its first frame
	}[mime]
	img, err := decode(bytes.NewReader(data))
	if err != nil {
		return data, unread, nil
	}
	var b bytes.Buffer
	if mime != "image/jpeg" {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img)
		if err == nil && b.Len() <= maxImage {
			return b.Bytes(), "image/png", nil
		}
		b.Reset()
	}
	if mime == "image/jpeg" {
		img = upright(img, orientation(data))
	}
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return data, unread, nil
	}
	return b.Bytes(), "image/jpeg", nil
}

// orientation is how a JPEG is to be turned, 1 to 8, by the tag 0x0112 of its Exif part: FF E1, length, "Exif\0\0", a TIFF header
// ("II" or "MM", 42, offset), entries of 12 bytes. 1, as it is, for one that does not say.
func orientation(data []byte) int {
	tiff, _ := segment(data, 0xe1, "Exif\x00\x00")
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if string(tiff[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == 0x0112 {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// segment finds the first segment of a JPEG with a marker and a beginning, before the picture itself, and returns what follows that.
func segment(data []byte, marker byte, begins string) ([]byte, bool) {
	if !bytes.HasPrefix(data, []byte("\xff\xd8")) {
		return nil, false
	}
	for i := 2; i+4 <= len(data) && data[i] == 0xff && data[i+1] != 0xda; {
		if data[i+1] == 0xff { // fill
			i++
			continue
		}
		n := int(binary.BigEndian.Uint16(data[i+2:]))
		if n < 2 || i+2+n > len(data) {
			return nil, false
		}
		if part, ok := bytes.CutPrefix(data[i+4:i+2+n], []byte(begins)); ok && data[i+1] == marker {
			return part, true
		}
		i += 2 + n
	}
	return nil, false
}

// upright turns a picture as its orientation says: 2 is mirrored, 3 upside down, 6 lies on its left side, 8 on its right.
func upright(img image.Image, orientation int) image.Image {
	if orientation < 2 || orientation > 8 {
		return img
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if orientation >= 5 {
		w, h = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA) }
	if ycc, ok := img.(*image.YCbCr); ok {
		at = func(x, y int) color.RGBA {
			c := ycc.COffset(x, y)
			r, g, b := color.YCbCrToRGB(ycc.Y[ycc.YOffset(x, y)], ycc.Cb[c], ycc.Cr[c])
			return color.RGBA{r, g, b, 255}
		}
	}
	for y := range h {
		for x := range w {
			var sx, sy int
			switch orientation {
			case 2:
				sx, sy = w-1-x, y
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sx, sy = x, h-1-y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, w-1-x
			case 7:
				sx, sy = h-1-y, w-1-x
			case 8:
				sx, sy = h-1-y, x
			}
			out.SetRGBA(x, y, at(b.Min.X+sx, b.Min.Y+sy))
		}
	}
	return out
}
