package media

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
)

// orientation is how a picture is to be turned, 1 to 8; 1, as it is, for one that does not say.
func orientation(data []byte, mime string) int {
	switch mime {
	case "image/jpeg":
		part, _ := segment(data, 0xe1, "Exif\x00\x00")
		return turned(part)
	case "image/png": // length, "eXIf", the data, a checksum, from behind the signature on
		return turned(chunk(data, 8, binary.BigEndian, 4, 0, "eXIf"))
	case "image/webp": // "EXIF", length, the data, filled up to an even length
		return turned(bytes.TrimPrefix(chunk(data, 12, binary.LittleEndian, 0, 4, "EXIF"), []byte("Exif\x00\x00")))
	}
	return 1
}

// turned reads the tag 0x0112 of an Exif part: a TIFF header ("II" or "MM", 42, offset), then entries of 12 bytes.
func turned(tiff []byte) int {
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

// chunk finds a chunk by its name. Each begins with 8 bytes, the name at one place of them and the length of the data at another.
func chunk(data []byte, from int, order binary.ByteOrder, nameAt, lengthAt int, name string) []byte {
	for i := int64(from); i+8 <= int64(len(data)); {
		n := int64(order.Uint32(data[i+int64(lengthAt):]))
		if i+8+n > int64(len(data)) {
			return nil
		}
		if string(data[i+int64(nameAt):i+int64(nameAt)+4]) == name {
			return data[i+8 : i+8+n]
		}
		if i += 8 + n; nameAt > lengthAt {
			i += 4 // the checksum
		} else {
			i += n & 1
		}
	}
	return nil
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
