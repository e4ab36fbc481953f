package main

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	visitors "posdoctor/channels/web"
	"posdoctor/channels/web/widgettest"
)

// stages serves every state of the chat as a page.
func stages(t *testing.T) (*server, []string, map[string]widgettest.State) {
	t.Helper()
	all, err := widgettest.States()
	if err != nil {
		t.Fatal(err)
	}
	files := http.StripPrefix("/w/", http.FileServerFS(visitors.Dist()))
	h := httptest.NewServer(widgettest.Over(files))
	t.Cleanup(h.Close)
	return &server{t: t, url: h.URL, addr: h.Listener.Addr().String()}, slices.Sorted(maps.Keys(all)), all
}

// stage opens a state and waits until it is there.
func (b *tab) stage(name, query string) {
	b.t.Helper()
	b.visitPage(widgettest.Path + name + query)
	end := time.Now().Add(20 * time.Second)
	for !eval[bool](b, `document.documentElement.dataset.ready === ''`) {
		if time.Now().After(end) {
			b.t.Fatalf("the state %s is not reached: %s", name, eval[string](b, `screen()`))
		}
		time.Sleep(25 * time.Millisecond)
	}
}

func (b *tab) size(width, height int64, touch bool) {
	b.t.Helper()
	b.do(call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: touch}))
}

func (b *tab) media(scheme string, more ...*emulation.MediaFeature) {
	b.t.Helper()
	features := append([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}, more...)
	b.do(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}))
}

// picture keeps what the page looks like now, if somebody wants it.
func (b *tab) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("POSDOCTOR_TEST_STATES")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// E1, H1, H2: every state is shown, in both languages, by day and by night, at 320 px and with letters of double size: axe finds
// nothing, nothing sticks out, and no page says an error. POSDOCTOR_TEST_STATES=DIR keeps the pictures.
func TestAcceptE1H1H2(t *testing.T) {
	s, names, all := stages(t)
	zh, en := openTab(t, s, "zh", look{width: 480, height: 760}), openTab(t, s, "en", look{width: 480, height: 760})
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			b := zh
			b.t, b.who = t, name
			width := int64(480)
			if all[name].Panel {
				width = 900
			}
			b.size(width, 760, false)
			b.media("light")
			b.stage(name, "")
			b.find(all[name].Shows, "")
			b.accessible(name + " light")
			b.noOverflow()
			b.picture(name)
			b.media("dark")
			b.accessible(name + " dark")
			b.picture(name + "-dark")
			b.media("light")
			b.size(320, 568, true)
			b.accessible(name + " 320 px")
			b.noOverflow()
			b.picture(name + "-320")
			b.size(width, 760, false)
			eval[bool](b, `(document.documentElement.style.fontSize = '200%') !== ''`)
			b.accessible(name + " 200 %")
			b.noOverflow()
			b.picture(name + "-200")

			e := en
			e.t, e.who = t, name+" en"
			e.size(width, 760, false)
			e.stage(name, "?lang=en")
			e.find(all[name].Shows, "")
			e.noOverflow()
			e.picture(name + "-en")
		})
	}
	zh.t, en.t = t, t
}

// E4: what can be pressed is at least 44 px high and wide, in every state.
func TestAcceptE4(t *testing.T) {
	s, names, _ := stages(t)
	b := openTab(t, s, "finger", look{width: 390, height: 844, touch: true})
	for _, name := range names {
		b.stage(name, "")
		for _, small := range eval[[]string](b, `all('.pd button, .pd input, .pd textarea, .pd [role=option], .pd a, .pd-launcher').filter((el) => !el.matches('.pd-sr')).map((el) => {
			const r = el.getBoundingClientRect()
			return r.width < 43.5 || r.height < 43.5 ? words(el).slice(0, 20) + ' .' + el.className + ' ' + Math.round(r.width) + 'x' + Math.round(r.height) : ''
		}).filter(Boolean)`) {
			t.Errorf("%s: too small to press: %s", name, small)
		}
	}
}

// E5: what has the focus is never under something else, wherever Tab leads in a state.
func TestAcceptE5(t *testing.T) {
	s, names, _ := stages(t)
	b := openTab(t, s, "keyboard", look{width: 400, height: 620})
	for _, name := range names {
		b.stage(name, "")
		for range 24 {
			b.press("Tab")
			under := eval[string](b, `(() => {
				const a = active()
				if (!a || a === document.body || a === document.documentElement) return ''
				const r = a.getBoundingClientRect()
				const log = a.closest('.pd-log')
				const view = log ? log.getBoundingClientRect() : { top: 0, bottom: innerHeight }
				const top = Math.max(r.top, view.top), bottom = Math.min(r.bottom, view.bottom)
				if (bottom - top < Math.min(20, r.height)) return a.className + ' is out of sight'
				const hit = at(r.x + r.width / 2, (top + bottom) / 2)
				return hit && (a === hit || a.contains(hit) || hit.contains(a) || a.closest('label')?.contains(hit)) ? '' : a.tagName + '.' + a.className + ' is under ' + (hit && hit.className)
			})()`)
			if under != "" {
				t.Errorf("%s: %s", name, under)
			}
		}
	}
}

// E6: who wants no motion sees none.
func TestAcceptE6(t *testing.T) {
	s, names, _ := stages(t)
	b := openTab(t, s, "still", look{width: 480, height: 760})
	for _, name := range names {
		b.stage(name, "")
		if n := eval[int](b, `roots.flatMap((r) => r.getAnimations ? r.getAnimations({ subtree: true }) : []).filter((a) => a.playState === 'running').length`); n > 0 {
			t.Errorf("%s: %d animations run", name, n)
		}
	}
}

// E7: with the system's own colours every state stays legible: edges and marks are there, pictures are for people.
func TestAcceptE7(t *testing.T) {
	s, _, _ := stages(t)
	b := openTab(t, s, "contrast", look{width: 480, height: 760})
	for _, name := range []string{"home", "card", "queued", "failed", "csat-chosen", "suggestion-chosen", "menu"} {
		b.media("dark", &emulation.MediaFeature{Name: "forced-colors", Value: "active"})
		b.stage(name, "")
		bare := eval[[]string](b, `all('.pd-button, .pd-send, .pd-chip, .pd-escalate').filter((el) => getComputedStyle(el).borderTopStyle === 'none' || getComputedStyle(el).borderTopWidth === '0px').map((el) => el.className)`)
		if len(bare) > 0 {
			t.Errorf("%s: without an edge: %v", name, bare)
		}
		b.picture(name + "-forced")
	}
}
