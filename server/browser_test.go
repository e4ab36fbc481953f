package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// always are the tests of pages that run wherever there is a Chromium: the way of a merchant and of an agent from end to end, and what
// must never be.
var always = map[string]bool{"TestMerchantAndAgent": true, "TestTicketNumber": true, "TestTextIsText": true, "TestTwoAgentsClaim": true, "TestOneTimePassword": true,
	"TestConsoleDay": true, "TestKilledServerInTheTalk": true, "TestAcceptC1": true, "TestAcceptD10": true, "TestAcceptF1": true}

// chromium finds the browser. Without one the test is skipped, or fails where every test must run.
func chromium(t *testing.T) string {
	t.Helper()
	asked := os.Getenv("POSDOCTOR_TEST_ALL") == "1" || os.Getenv("POSDOCTOR_SHOTS") != ""
	if name, _, _ := strings.Cut(t.Name(), "/"); !always[name] && !asked {
		t.Skip("the pages in every state take longer than a package's ten minutes on a small machine; POSDOCTOR_TEST_ALL=1 runs it, with -timeout 45m")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "Chromium is not in PATH (chromium, chromium-browser or google-chrome), so the pages are not tested"
	if os.Getenv("POSDOCTOR_TEST_ALL") == "1" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// theBrowser is one Chromium for all tests; each tab has cookies and storage of its own.
var theBrowser struct {
	once  sync.Once
	ctx   context.Context
	close func()
	err   error
}

// oneProcess keeps frames in their page's process, where one session of the protocol hears them.
const oneProcess = "site-per-process,SitePerProcess,IsolateOrigins,IsolateSandboxedIframes,Translate,BlinkGenPropertyTrees"

func browser(t *testing.T) context.Context {
	t.Helper()
	path := chromium(t)
	b := &theBrowser
	b.once.Do(func() {
		dir, err := os.MkdirTemp("", "posdoctor-chromium-")
		if err != nil {
			b.err = err
			return
		}
		alloc, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
			chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
			chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-features", oneProcess), chromedp.Flag("disable-sync", true),
			chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
			chromedp.Flag("lang", "zh-CN"), chromedp.Flag("hide-scrollbars", true))...)
		ctx, cancel := chromedp.NewContext(alloc)
		b.ctx, b.close = ctx, func() {
			cancel()
			stop()
			os.RemoveAll(dir)
		}
		b.err = chromedp.Do(ctx)
	})
	if b.err != nil {
		t.Fatalf("starting Chromium: %v", b.err)
	}
	return b.ctx
}

func closeBrowser() {
	if theBrowser.close != nil {
		theBrowser.close()
	}
}

// tab is a page in the hands of one person.
type tab struct {
	t     *testing.T
	who   string
	s     *server
	ctx   context.Context
	touch bool

	mu     sync.Mutex
	faults []string
	allow  []string // parts of faults that this test brings about itself
	urls   map[network.RequestID]string
	polls  int // answered long polls
	also   []func(ev any)

	answers   string // what asks answers
	answering bool
}

// look is the screen that a tab has.
type look struct {
	width, height int64
	dark, touch   bool
}

var desktop = look{width: 1280, height: 800}

// openTab opens an empty tab. What goes wrong in it and is not allowed fails the test: errors and warnings on the console, page
// errors, violations of the policy, failed requests, requests to other hosts.
func openTab(t *testing.T, s *server, who string, l look, allow ...string) *tab {
	t.Helper()
	return newTab(t, browser(t), s, who, l, allow, chromedp.WithNewBrowserContext())
}

// beside opens another tab of the same person: with the same cookies and storage.
func (b *tab) beside(who string, l look) *tab {
	b.t.Helper()
	return newTab(b.t, b.ctx, b.s, who, l, b.allow)
}

func newTab(t *testing.T, parent context.Context, s *server, who string, l look, allow []string, options ...chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{t: t, who: who, s: s, touch: l.touch, allow: allow, urls: map[network.RequestID]string{}}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(b.hear))...)
	b.ctx = ctx
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	err := chromedp.Do(ctx, // the first one must not have a time-out: it would end the tab
		call(network.Enable, network.EnableParams{}), call(cdplog.Enable, cdp.Empty{}), call(runtime.Enable, cdp.Empty{}), call(page.Enable, page.EnableParams{}),
		call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: l.width, Height: l.height, DeviceScaleFactor: 1, Mobile: l.touch}),
		call(emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: l.touch, MaxTouchPoints: 1}),
		call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}}),
		call(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchPolicy}))
	if err != nil {
		t.Fatalf("opening a tab: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			b.dump()
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, f := range b.faults {
			t.Errorf("%s: %s", who, f)
		}
		cancel()
	})
	return b
}

const watchPolicy = `document.addEventListener('securitypolicyviolation', (e) => console.error('policy violated: ' + e.violatedDirective + ' ' + e.blockedURI))`

func call[P, R any](cmd cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cmd, params)
		return err
	})
}

// hear notes what goes wrong in the page.
func (b *tab) hear(ev any) {
	b.mu.Lock()
	also := b.also
	b.mu.Unlock()
	for _, f := range also {
		f(ev)
	}
	switch e := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			var words []string
			for _, a := range e.Args {
				words = append(words, string(a.Value)+a.Description)
			}
			b.fault("console %s: %s", e.Type, strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		b.fault("page error: %s", text)
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError || e.Entry.Level == cdplog.EntryLevelWarning {
			b.fault("log %s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		b.mu.Lock()
		b.urls[e.RequestID] = e.Request.Method + " " + e.Request.URL
		b.mu.Unlock()
		b.visit(e.Request.URL)
	case *network.EventWebSocketCreated:
		b.visit(e.URL)
	case *network.EventResponseReceived:
		if e.Response.Status == 200 && strings.Contains(e.Response.URL, "/api/w/v1/poll") {
			b.mu.Lock()
			b.polls++
			b.mu.Unlock()
		}
		if e.Response.Status >= 400 {
			b.fault("answer %d %s", e.Response.Status, e.Response.URL)
		}
	case *page.EventJavascriptDialogOpening:
		b.fault("a dialog of the page's scripts: %s", e.Message)
	case *network.EventLoadingFailed:
		b.mu.Lock()
		what := b.urls[e.RequestID]
		b.mu.Unlock()
		if !e.Canceled && e.ErrorText != "net::ERR_ABORTED" {
			b.fault("request failed: %s %s", what, e.ErrorText)
		}
	}
}

// visit notes a request to another host.
func (b *tab) visit(to string) {
	u, err := url.Parse(to)
	if err == nil && (u.Scheme == "data" || u.Scheme == "blob" || u.Scheme == "about" || u.Host == b.s.addr) {
		return
	}
	b.fault("request to another host: %.100s", to)
}

func (b *tab) fault(format string, args ...any) {
	f := fmt.Sprintf(format, args...)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.allow {
		if strings.Contains(f, a) {
			return
		}
	}
	b.faults = append(b.faults, f)
}

// dump keeps what the page looks like when a test fails.
func (b *tab) dump() {
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](inPage(`screen()`)))
	b.t.Logf("%s sees (%v):\n%s", b.who, err, text)
	if dir := os.Getenv("POSDOCTOR_TEST_PICTURES"); dir != "" {
		if png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot()); err == nil {
			name := strings.NewReplacer("/", "-", " ", "-").Replace(b.t.Name() + "-" + b.who)
			os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
		}
	}
}

// pageTools find things as a person does: what is visible, in the page or in the widget's shadow root.
const pageTools = `
const host = document.getElementById('posdoctor')
const roots = host && host.shadowRoot ? [document, host.shadowRoot] : [document]
const seen = (el) => el.getClientRects().length > 0 && el.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })
const words = (el) => (el.innerText || el.getAttribute('aria-label') || '').trim()
const all = (css) => roots.flatMap((r) => [...r.querySelectorAll(css)]).filter(seen)
const find = (css, text) => all(css).filter((el) => !text || words(el).includes(text) || (el.getAttribute('aria-label') || '').includes(text))
const screen = () => [document.body, ...(host && host.shadowRoot ? host.shadowRoot.children : [])].map((el) => el.innerText).join('\n')
const active = () => { let a = document.activeElement; while (a && a.shadowRoot && a.shadowRoot.activeElement) a = a.shadowRoot.activeElement; return a }
const at = (x, y) => { let e = document.elementFromPoint(x, y); while (e && e.shadowRoot) { const in_ = e.shadowRoot.elementFromPoint(x, y); if (!in_ || in_ === e) break; e = in_ } return e }
`

func inPage(expr string) string { return "(() => {" + pageTools + "\nreturn (" + expr + ")})()" }

// quoted is a Go string as one of JavaScript.
func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// run runs actions with a time-out.
func (b *tab) run(steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, steps...)
}

// do runs actions that must succeed.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := b.run(steps...); err != nil {
		b.t.Fatalf("%s: %v", b.who, err)
	}
}

// eval reads a value from the page.
func eval[T any](b *tab, expr string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](inPage(expr), chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %s: %v", b.who, expr, err)
	}
	return v
}

// until waits until an expression is true. A page that is just being replaced counts as not yet.
func (b *tab) until(what, expr string) {
	b.t.Helper()
	waitFor(b.t, b.who+": "+what, func() bool {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		defer cancel()
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](inPage("!!("+expr+")")))
		return err == nil && ok
	}, func() string { return "" })
}

// see waits until a text can be read.
func (b *tab) see(text string) {
	b.t.Helper()
	b.until("「"+text+"」", "screen().includes("+quoted(text)+")")
}

// find waits until something with a text is there.
func (b *tab) find(css, text string) {
	b.t.Helper()
	b.until(css+" "+text, fmt.Sprintf("find(%s, %s).length > 0", quoted(css), quoted(text)))
}

// has says whether something with a text is there now.
func (b *tab) has(css, text string) bool {
	b.t.Helper()
	return eval[bool](b, fmt.Sprintf("find(%s, %s).length > 0", quoted(css), quoted(text)))
}

func (b *tab) visitPage(path string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(b.s.url+path)); err != nil {
		b.t.Fatalf("%s: opening %s: %v", b.who, path, err)
	}
}

// click presses the last thing that fits, with the mouse or a finger, once it stands still and nothing covers it. Lines that come move what
// is between them: a press that went into the empty is done again, and one that hit another control is a fault of the page.
func (b *tab) click(css, text string) {
	b.t.Helper()
	for range 3 {
		hit := b.aim(css, text)
		if hit == "" {
			return
		}
		if hit != "nothing" {
			b.t.Fatalf("%s: pressed %s instead of %s %s, which moved away", b.who, hit, css, text)
		}
	}
	b.t.Fatalf("%s: %s %s moves away from each press", b.who, css, text)
}

// aim presses once and says what got the press instead: "" for what was meant.
func (b *tab) aim(css, text string) (instead string) {
	b.t.Helper()
	type point struct {
		X, Y float64
		OK   bool
	}
	var p, before point
	expr := fmt.Sprintf(`(() => {
		const el = find(%s, %s).pop()
		if (!el) return { X: 0, Y: 0, OK: false }
		el.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' })
		const r = el.getBoundingClientRect()
		const p = { X: Math.round(r.x + r.width / 2), Y: Math.round(r.y + r.height / 2), OK: false }
		const hit = at(p.X, p.Y)
		p.OK = !!hit && (el === hit || el.contains(hit))
		window.hit = 'nothing'
		window.aim = el
		window.aiming ??= document.addEventListener('pointerdown', (e) => {
			const path = e.composedPath(), control = path.find((x) => x.matches && x.matches('a, button, input, select, textarea, summary, [role]'))
			window.hit = path.includes(window.aim) ? '' : control ? control.outerHTML.slice(0, 120) : 'nothing'
		}, true) ?? true
		return p
	})()`, quoted(css), quoted(text))
	waitFor(b.t, b.who+": something to press: "+css+" "+text, func() bool {
		before = p
		p = eval[point](b, expr)
		return p.OK && p == before
	}, func() string { return fmt.Sprintf("last place: %+v", p) })
	if b.touch {
		b.do(chromedp.TapXY(p.X, p.Y))
	} else {
		b.do(chromedp.MouseClickXY(p.X, p.Y))
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	instead, err := chromedp.Run(ctx, chromedp.Evaluate[string]("window.hit ?? ''"))
	if err != nil {
		return "" // a page that is just being replaced was pressed
	}
	return instead
}

// write types into what has the focus.
func (b *tab) write(text string) {
	b.t.Helper()
	b.do(call(input.InsertText, input.InsertTextParams{Text: text}))
}

// press sends a key as a keyboard does: what the page prevents on the way down is not typed.
func (b *tab) press(key string, mods ...kb.Modifier) {
	b.t.Helper()
	p := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Code: key}
	switch key {
	case "Enter":
		p.WindowsVirtualKeyCode, p.Text = 13, "\r"
	case "Escape":
		p.WindowsVirtualKeyCode = 27
	case "Tab":
		p.WindowsVirtualKeyCode = 9
	case " ":
		p.WindowsVirtualKeyCode, p.Code, p.Text = 32, "Space", " "
	case "a":
		p.WindowsVirtualKeyCode, p.Code, p.Commands = 65, "KeyA", []string{"selectAll"}
	default:
		b.t.Fatalf("key %q is not known here", key)
	}
	for _, m := range mods {
		p.Modifiers |= int64(m)
	}
	up := p
	up.Type, up.Text, up.Commands = input.DispatchKeyEventTypeKeyUp, "", nil
	b.do(call(input.DispatchKeyEvent, p), call(input.DispatchKeyEvent, up))
}

// allowing lets faults be that hold one of the parts, from now on.
func (b *tab) allowing(parts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.allow = append(b.allow, parts...)
}

// ---- the merchant at the widget

// openWidget opens the support page and the chat on it.
func openWidget(t *testing.T, s *server, l look, allow ...string) *tab {
	t.Helper()
	b := openTab(t, s, "merchant", l, allow...)
	b.visitPage("/")
	b.click(".pd-launcher", "")
	b.find(".pd-topics button", "")
	return b
}

// ask writes into the composer and sends with Enter.
func (b *tab) ask(text string) {
	b.t.Helper()
	b.click(".pd-composer textarea", "")
	b.write(text)
	b.press("Enter")
	b.until("an empty composer", `find('.pd-composer textarea', '')[0].value === ''`)
}

// choose taps an answer.
func (b *tab) choose(text string) {
	b.t.Helper()
	b.click(".pd-choices .pd-chip", text)
}

// settled waits until all that the merchant sent is acknowledged.
func (b *tab) settled() {
	b.t.Helper()
	b.until("all sent", `all('.pd-sending, .pd-sent, .pd-failed').length === 0`)
}

// toCard answers whatever is asked until the diagnosis card is there.
func (b *tab) toCard() {
	b.t.Helper()
	for range 8 {
		b.until("a card or a question", `all('.pd-card').length > 0 || all('.pd-choices .pd-chip').length > 0`)
		if b.has(".pd-card", "") {
			return
		}
		n := eval[int](b, `all('[data-id]').length`)
		b.choose("")
		b.until("an answer", fmt.Sprintf(`all('[data-id]').length > %d + 1`, n))
	}
	b.t.Fatal("no diagnosis card after eight answers")
}

// visitor is this page's merchant, over HTTP and with the page's own token.
func (b *tab) visitor() *client {
	b.t.Helper()
	return b.s.visitor(eval[string](b, `localStorage.getItem('posdoctor:demo:token')`))
}

// lines are the chat's rows as they are read, oldest first.
func (b *tab) rows() []int64 {
	b.t.Helper()
	return eval[[]int64](b, `all('[data-id]').map((el) => Number(el.dataset.id))`)
}

// ---- the agent at the console

// openConsole opens the console; allowed are the 401 by which it learns that nobody is logged in, and what Chromium logs then.
func openConsole(t *testing.T, s *server, who string, l look, allow ...string) *tab {
	t.Helper()
	b := openTab(t, s, who, l, append(allow, "401 "+s.url+"/api/a/v1/me", "401 (Unauthorized) "+s.url+"/api/a/v1/me")...)
	b.visitPage("/console")
	b.find("input[name=username]", "")
	return b
}

// logIn fills in the form.
func (b *tab) logIn(name, password string) {
	b.t.Helper()
	for field, text := range map[string]string{"username": name, "password": password} {
		b.click("input[name="+field+"]", "")
		b.press("a", kb.ModifierCtrl)
		b.write(text)
	}
	b.click("button[type=submit]", "")
}

func agentAt(t *testing.T, s *server, who, name, password string, l look, allow ...string) *tab {
	t.Helper()
	b := openConsole(t, s, who, l, allow...)
	b.logIn(name, password)
	b.find(".tab", "排队")
	b.see("实时连接")
	return b
}

// reply writes as the agent and sends.
func (b *tab) reply(text string) {
	b.t.Helper()
	b.click("#composer", "")
	b.write(text)
	b.press("Enter", kb.ModifierCtrl)
	b.until("an empty composer", `find('#composer', '')[0].value === ''`)
}
