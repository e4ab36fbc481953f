package media

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// within makes a picture smaller until no side is longer than most. It is halved by averages as long as that leaves enough, and the rest
// is interpolated: a filter in one step takes five times the memory and the time.
func within(img image.Image, most int) image.Image {
	for max(img.Bounds().Dx(), img.Bounds().Dy()) >= 2*most {
		img = halved(img)
	}
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
	draw.ApproxBiLinear.Scale(out, out.Bounds(), img, img.Bounds(), draw.Src, nil)
	return out
}

// halved is a picture of half the width and height, each pixel the average of those that it stands for.
func halved(img image.Image) image.Image {
	b := img.Bounds()
	w, h := max(1, b.Dx()/2), max(1, b.Dy()/2)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if ycc, ok := img.(*image.YCbCr); ok {
		for y := range h {
			for x := range w {
				x0, y0 := b.Min.X+2*x, b.Min.Y+2*y
				x1, y1 := min(x0+1, b.Max.X-1), min(y0+1, b.Max.Y-1)
				c := ycc.COffset(x0, y0)
				light := int(ycc.Y[ycc.YOffset(x0, y0)]) + int(ycc.Y[ycc.YOffset(x1, y0)]) + int(ycc.Y[ycc.YOffset(x0, y1)]) + int(ycc.Y[ycc.YOffset(x1, y1)])
				r, g, b := color.YCbCrToRGB(uint8((light+2)/4), ycc.Cb[c], ycc.Cr[c])
				out.SetRGBA(x, y, color.RGBA{r, g, b, 255})
			}
		}
		return out
	}
	// Two rows at a time, so that there is no whole copy.
	rows := image.NewRGBA(image.Rect(0, 0, b.Dx(), 2))
	for y := range h {
		draw.Draw(rows, rows.Bounds(), img, image.Pt(b.Min.X, b.Min.Y+2*y), draw.Src)
		second := rows.Stride
		if 2*y+1 >= b.Dy() {
			second = 0
		}
		for x := range w {
			x0, x1 := 8*x, 8*x+4
			if 2*x+1 >= b.Dx() {
				x1 = x0
			}
			for i := range 4 {
				sum := int(rows.Pix[x0+i]) + int(rows.Pix[x1+i]) + int(rows.Pix[second+x0+i]) + int(rows.Pix[second+x1+i])
				out.Pix[out.PixOffset(x, y)+i] = uint8((sum + 2) / 4)
			}
		}
	}
	return out
}
