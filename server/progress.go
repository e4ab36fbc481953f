package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// bar draws how far long work is on a line of a terminal. Elsewhere it draws nothing, and on short work neither.
type bar struct {
	out   *os.File // nil: no terminal
	began time.Time
	drawn time.Time
}

// shortWork is how long work may take before a bar is drawn.
const shortWork = 500 * time.Millisecond

func progressBar(out *os.File) *bar {
	b := &bar{began: time.Now()}
	if info, err := out.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		b.out = out
	}
	return b
}

func (b *bar) tell(done, total int64) {
	now := time.Now()
	if b.out == nil || total <= 0 || now.Sub(b.began) < shortWork || now.Sub(b.drawn) < shortWork/5 {
		return
	}
	b.drawn = now
	fmt.Fprintf(b.out, "\r%s", barLine(done, total))
}

// barLine is the bar as text: [##########          ]  50 %
func barLine(done, total int64) string {
	const width = 40
	full := int(min(done, total) * width / total)
	return fmt.Sprintf("[%s%s] %3d %%", strings.Repeat("#", full), strings.Repeat(" ", width-full), min(done, total)*100/total)
}

func (b *bar) end() {
	if b.out != nil && !b.drawn.IsZero() {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}
