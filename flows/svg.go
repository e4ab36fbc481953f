// The table of states as a picture: a layered layout of our own, which needs no tool to draw and none to look at.

package flows

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// Sizes in pixels. Letters are taken to be as wide as the widest fonts draw them.
const (
	boxWide  = 250
	gapWide  = 150 // between layers: the labels of edges stand there
	gapHigh  = 70
	pad      = 12
	lineHigh = 17
	letter   = 6.6
	entry    = 150 // inside the frame, left of its boxes: the events that lead there
	margin   = 40
)

// box is a state, or the frame of those that share their ways out.
type box struct {
	name       string
	x, y, w, h int
	lines      []string
	inner      []*box
	enters     []string // inside the frame: the events that lead here from any state in it
	layer      int
}

// edgeLine is an arrow between boxes with the labels of the events it stands for.
type edgeLine struct {
	from, to *box
	labels   []string
}

// SVG draws the table of states. The same flow always gives the same text. Colours follow the reader's choice of light or dark.
func (f *Flow) SVG() string {
	frame, boxes := f.boxes()
	edges := f.lines(frame, boxes)
	layers(f.Start, frame, boxes, edges)
	width, height := arrange(boxes)
	over := lanes(edges)
	for _, b := range boxes {
		b.shift(over)
	}
	height += 2 * over

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-labelledby="t">`+"\n", width, height)
	fmt.Fprintf(&b, "<title id=\"t\">The dialogue %s: %d states and the events between them</title>\n%s", html.EscapeString(f.ID), len(f.States), svgStyle)
	b.WriteString(`<rect class="paper" width="100%" height="100%"/>` + "\n")
	for _, x := range boxes {
		x.draw(&b)
	}
	lane := 0
	for i, e := range edges {
		lane += e.draw(&b, edges, i, lane, height)
	}
	if start := find(boxes, f.Start); start != nil {
		for _, in := range start.inner {
			if in.name == f.Start {
				start = in
			}
		}
		fmt.Fprintf(&b, `<circle class="ink" cx="%d" cy="%d" r="6"/><path class="edge" d="M%d %dH%d"/>`+"\n", start.x-30, start.y+start.h/2, start.x-24, start.y+start.h/2, start.x-2)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

const svgStyle = `<style>
text{font:13px system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;fill:#1b1f24}
.name{font-weight:600;font-size:15px}.small{fill:#57606a;font-size:12px}
.paper{fill:#ffffff}.box{fill:#f3f6fa;stroke:#57606a}.frame{fill:#e9f2ff;stroke:#0a5bd3;stroke-dasharray:5 4}
.edge{fill:none;stroke:#0a5bd3;stroke-width:1.5;marker-end:url(#a)}.label{fill:#0a4bb0}.halo{stroke:#ffffff;stroke-width:4;paint-order:stroke}
.inframe .halo{stroke:#e9f2ff}.ink{fill:#0a5bd3}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.small{fill:#a3adb8}.paper{fill:#0d1117}.box{fill:#1b222c;stroke:#8b949e}.frame{fill:#101d33;stroke:#79b0ff}
.edge{stroke:#79b0ff}.label{fill:#a9ccff}.halo{stroke:#0d1117}.inframe .halo{stroke:#101d33}.ink{fill:#79b0ff}}
</style>
<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="ink" d="M0 0L8 4L0 8z"/></marker></defs>
`

// boxes makes a box of each state; those that share their ways out stand in one frame.
func (f *Flow) boxes() (frame *box, all []*box) {
	core := f.core()
	frame = &box{name: "the bot speaks", lines: []string{"the bot speaks", "an event here leads from any state in this frame"}}
	for _, s := range f.stateNames() {
		x := &box{name: s, w: boxWide, lines: append([]string{s}, wrap(f.States[s].About, boxWide-2*pad)...)}
		var after []string
		for _, t := range f.States[s].inOrder() {
			after = append(after, span(t.After)+" "+t.Do)
		}
		if len(after) > 0 {
			x.lines = append(x.lines, "after "+strings.Join(after, ", "))
		}
		x.h = 2*pad + lineHigh*len(x.lines)
		if len(core) > 1 && slices.Contains(core, s) {
			frame.inner = append(frame.inner, x)
		} else {
			all = append(all, x)
		}
	}
	if len(frame.inner) == 0 {
		return nil, all
	}
	frame.w, frame.h = entry+boxWide+2*pad, 2*lineHigh+2*pad
	for _, x := range frame.inner {
		frame.h += x.h + pad
	}
	return frame, append(all, frame)
}

// lines joins the edges of the table. What leads from any state of the frame into it is written at the box it leads to.
func (f *Flow) lines(frame *box, boxes []*box) []*edgeLine {
	var out []*edgeLine
	add := func(from, to *box, label string) {
		if from == nil || to == nil || from == to {
			return
		}
		i := slices.IndexFunc(out, func(e *edgeLine) bool { return e.from == from && e.to == to })
		if i < 0 {
			i, out = len(out), append(out, &edgeLine{from: from, to: to})
		}
		if !slices.Contains(out[i].labels, label) {
			out[i].labels = append(out[i].labels, label)
		}
	}
	for i := range f.Events {
		e := &f.Events[i]
		to := find(boxes, e.To)
		for _, s := range e.From {
			from := find(boxes, s)
			if from != frame || to != frame {
				add(from, to, e.label())
				continue
			}
			for _, x := range frame.inner {
				if x.name == e.To && !slices.Contains(x.enters, e.label()) {
					x.enters = append(x.enters, e.label())
				}
			}
		}
	}
	return out
}

// find is the box that shows a state, be it the frame around it.
func find(boxes []*box, state string) *box {
	for _, b := range boxes {
		if b.name == state || slices.ContainsFunc(b.inner, func(x *box) bool { return x.name == state }) {
			return b
		}
	}
	return nil
}

// layers puts the start first, then the frame, then what can be reached from it, nearest first.
func layers(start string, frame *box, boxes []*box, edges []*edgeLine) {
	for _, b := range boxes {
		b.layer = -1
	}
	first := find(boxes, start)
	if first == nil {
		first = boxes[0]
	}
	first.layer = 0
	todo := []*box{first}
	if frame != nil && frame != first {
		frame.layer = 1
		todo = []*box{frame, first}
	}
	for ; len(todo) > 0; todo = todo[1:] {
		for _, e := range edges {
			if e.from == todo[0] && e.to.layer < 0 {
				e.to.layer = todo[0].layer + 1
				todo = append(todo, e.to)
			}
		}
	}
	for _, b := range boxes {
		b.layer = max(b.layer, 0)
	}
}

// arrange gives each layer a column and centres its boxes. It returns the size of the picture.
func arrange(boxes []*box) (width, height int) {
	last, tall := 0, 0
	columns := map[int][]*box{}
	for _, b := range boxes {
		columns[b.layer] = append(columns[b.layer], b)
		last = max(last, b.layer)
	}
	high := func(column []*box) int {
		h := -gapHigh
		for _, b := range column {
			h += b.h + gapHigh*2
		}
		return h - gapHigh
	}
	for _, c := range columns {
		tall = max(tall, high(c))
	}
	x := margin + 30
	for i := range last + 1 {
		y, wide := margin+(tall-high(columns[i]))/2, 0
		for _, b := range columns[i] {
			b.x, b.y = x, y
			y += b.h + 2*gapHigh
			wide = max(wide, b.w)
			inside := b.y + pad + 2*lineHigh
			for _, in := range b.inner {
				in.x, in.y = b.x+entry+pad, inside+pad
				inside += in.h + pad
			}
		}
		x += wide + gapWide
	}
	return x - gapWide + margin, tall + 2*margin
}

const laneHigh = 34

// lanes is the room above and below that edges over more than one layer need.
func lanes(edges []*edgeLine) int {
	n := 0
	for _, e := range edges {
		if e.long() {
			n++
		}
	}
	return (n + 1) / 2 * laneHigh
}

// long edges pass other layers, so they go around them.
func (e *edgeLine) long() bool { return e.from.layer-e.to.layer > 1 || e.to.layer-e.from.layer > 1 }

func (b *box) shift(dy int) {
	b.y += dy
	for _, in := range b.inner {
		in.shift(dy)
	}
}

func (b *box) draw(out *strings.Builder) {
	class := "box"
	if len(b.inner) > 0 {
		class = "frame"
	}
	fmt.Fprintf(out, `<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="8"/>`+"\n", class, b.x, b.y, b.w, b.h)
	for i, l := range b.lines {
		class := "small"
		if i == 0 {
			class = "name"
		}
		fmt.Fprintf(out, `<text class="%s" x="%d" y="%d">%s</text>`+"\n", class, b.x+pad, b.y+pad+lineHigh*(i+1)-4, html.EscapeString(l))
	}
	if len(b.inner) == 0 {
		return
	}
	out.WriteString("<g class=\"inframe\">\n")
	for _, in := range b.inner {
		in.draw(out)
		if len(in.enters) > 0 {
			y := in.y + in.h/2
			fmt.Fprintf(out, `<path class="edge" d="M%d %dH%d"/>`+"\n", b.x+2, y, in.x-2)
			label(out, b.x+pad, y-6, "start", in.enters)
		}
	}
	out.WriteString("</g>\n")
}

// label writes the events of an edge, one line each, the last at y.
func label(out *strings.Builder, x, y int, anchor string, lines []string) {
	for i, l := range lines {
		fmt.Fprintf(out, `<text class="label halo" x="%d" y="%d" text-anchor="%s">%s</text>`+"\n", x, y-(len(lines)-1-i)*(lineHigh-2), anchor, html.EscapeString(l))
	}
}

// draw writes an arrow; lane counts the long ones, of which every other goes below. It returns how many lanes it took.
func (e *edgeLine) draw(out *strings.Builder, edges []*edgeLine, i, lane, height int) int {
	a, b := e.from, e.to
	back := slices.ContainsFunc(edges, func(o *edgeLine) bool { return o.from == b && o.to == a })
	switch {
	case e.long():
		up := b.y+b.h/2 < height/2
		y := margin/2 + lane/2*laneHigh + laneHigh/2
		ya, yb := a.y, b.y
		if !up {
			y, ya, yb = height-y, a.y+a.h, b.y+b.h
		}
		xa, xb := a.x+a.w/2, b.x+b.w/2+(lane%3-1)*30
		end := yb - 2
		if !up {
			end = yb + 2
		}
		fmt.Fprintf(out, `<path class="edge" d="M%d %dV%dH%dV%d"/>`+"\n", xa, ya, y, xb, end)
		label(out, (xa+xb)/2, y-5, "middle", []string{strings.Join(e.labels, ", ")})
		return 1
	case a.layer == b.layer:
		shift := 40
		if a.y > b.y {
			shift = -40
		}
		x, ya, yb, at := a.x+a.w/2+shift, a.y+a.h, b.y-2, "start"
		if a.y > b.y {
			ya, yb, at = a.y, b.y+b.h+2, "end"
		}
		fmt.Fprintf(out, `<path class="edge" d="M%d %dV%d"/>`+"\n", x, ya, yb)
		dx := 8
		if at == "end" {
			dx = -8
		}
		label(out, x+dx, (ya+yb)/2+5, at, e.labels)
	default:
		shift := 0
		if back {
			shift = 13
		}
		xa, xb := a.x+a.w, b.x-2
		if a.layer > b.layer {
			xa, xb, shift = a.x, b.x+b.w+2, -shift
		}
		ya, yb := level(a, b)+shift, level(b, a)+shift
		mid := (xa + xb) / 2
		fmt.Fprintf(out, `<path class="edge" d="M%d %dC%d %d %d %d %d %d"/>`+"\n", xa, ya, mid, ya, mid, yb, xb, yb)
		y := (ya+yb)/2 - 6
		if shift > 0 {
			y = (ya+yb)/2 + lineHigh + (len(e.labels)-1)*(lineHigh-2)
		}
		label(out, mid, y, "middle", e.labels)
	}
	return 0
}

// level is the height at which an edge leaves a for b: level with the smaller of the two, else on the side where b is.
func level(a, b *box) int {
	mid := b.y + b.h/2
	switch {
	case a.h >= b.h && mid >= a.y+pad && mid <= a.y+a.h-pad:
		return mid
	case a.y+a.h/2 >= b.y+pad && a.y+a.h/2 <= b.y+b.h-pad:
		return a.y + a.h/2
	case mid < a.y:
		return a.y + a.h/4
	case mid > a.y+a.h:
		return a.y + a.h*3/4
	}
	return a.y + a.h/2
}

// wrap breaks English text into lines of at most so many pixels.
func wrap(text string, pixels int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && float64(len(line)+1+len(word))*letter > float64(pixels) {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}
