package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"posdoctor/bot"
)

// Name is the channel of visitors' addresses.
const Name = "web"

// Config is what an operator sets.
type Config struct {
	PublicURL string // origin under which the server is reached, "" on loopback
	Sites     []Site // at the start, see Channel.SetSites
	Epoch     string // names the stream of this database; a reader that holds another starts over
	Key       []byte // signs tokens

	Room func() bool // whether there is room for pictures; nil: always
	// Once notes a signed identity that is good once, by an id of ours; bot.ErrDuplicate: it was used. nil: such identities are refused.
	Once func(ctx context.Context, id string, until, now int64) error
}

// Service is what the channel needs of bot.Service.
type Service interface {
	Handle(ctx context.Context, a bot.Address, ev bot.Event) (bot.Turn, error)
}

// Reader is what the channel needs of bot.Store.
type Reader interface {
	ConversationByID(ctx context.Context, id string) (bot.Conversation, error)
	Messages(ctx context.Context, conversation string, after int64, limit int) ([]bot.Message, error)
	MessagesBefore(ctx context.Context, conversation string, before int64, limit int) ([]bot.Message, error)
	MessagesOf(ctx context.Context, key string) ([]bot.Message, error)
	File(ctx context.Context, conversation, id string) (bot.File, error)
}

// Channel serves visitors. It is an http.Handler for the routes below /api/w/v1.
type Channel struct {
	cfg    Config
	svc    Service
	read   Reader
	bus    bot.Bus
	desk   bot.Desk
	tokens tokens
	sends  Limiter // by conversation: lines, and what is none
	reads  Limiter // by conversation: polls and pages of the history
	opens  Limiter // by client
	log    *slog.Logger
	socks  sockets
	polls  polls

	pictures Limiter // by conversation
	senders  Limiter // of pictures, by client
	uploads  uploads
	sites    atomic.Pointer[[]Site]
	binds    noted

	// What a page may ask beside the talk; set before serving. nil: there is none.
	Suggester Suggester
	Records   Records
	Notes     bot.Notes // keeps what was shown
	marking   sync.Mutex
}

// New returns the channel. desk may be nil.
func New(cfg Config, svc Service, read Reader, bus bot.Bus, desk bot.Desk, now func() time.Time, log *slog.Logger) *Channel {
	c := &Channel{cfg: cfg, svc: svc, read: read, bus: bus, desk: desk, log: log,
		tokens: tokens{cfg.Key, now},
		sends:  Limiter{Burst: 20, Every: time.Second, Now: now},
		reads:  Limiter{Burst: 60, Every: time.Second / 5, Now: now},
		opens:  Limiter{Burst: 60, Every: 2 * time.Second, Now: now},

		pictures: Limiter{Burst: 6, Every: 10 * time.Second, Now: now}, senders: Limiter{Burst: 30, Every: 4 * time.Second, Now: now}}
	c.SetSites(cfg.Sites)
	return c
}

// Name implements channels.Channel.
func (c *Channel) Name() string { return Name }

// ServeHTTP serves the route that the last part of the path names.
func (c *Channel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	c.cors(w, r)
	route := path.Base(r.URL.Path)
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if path.Base(path.Dir(r.URL.Path)) == "media" { // media/{id}, whatever the id is
		route = "media"
	}
	var err error
	switch r.Method + " " + route {
	case "POST upload":
		err = c.upload(w, r)
	case "GET media":
		err = c.file(w, r)
	case "POST session":
		err = c.session(w, r)
	case "POST identify":
		err = c.reidentify(w, r)
	case "POST context":
		err = c.said(w, r)
	case "POST send":
		err = c.send(w, r)
	case "GET poll":
		err = c.poll(w, r)
	case "GET history":
		err = c.history(w, r)
	case "GET suggest":
		err = c.suggest(w, r)
	case "GET terminals":
		err = c.terminals(w, r)
	case "GET ws":
		err = c.socket(w, r)
	default:
		err = refuse(http.StatusNotFound, "not_found", textBadFrame)
	}
	if err != nil {
		c.fail(w, r, err)
	}
}

// cors lets the pages of a site read answers; which requests are served is decided by allowed.
func (c *Channel) cors(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	w.Header().Set("Vary", "Origin")
	sites := c.all()
	for i := range sites {
		if origin != "" && c.allowed(r, &sites[i]) {
			h := w.Header()
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
			h.Set("Access-Control-Allow-Methods", "GET, POST")
			h.Set("Access-Control-Max-Age", "600")
			return
		}
	}
}

func (c *Channel) fail(w http.ResponseWriter, r *http.Request, err error) {
	var f *fault
	if !errors.As(err, &f) {
		f = faultOf(err)
		if f.Status >= 500 && r.Context().Err() == nil {
			c.log.Error("serving a visitor", "route", path.Base(r.URL.Path), "err", err)
		}
	}
	if f.Retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa((f.Retry+999)/1000))
	}
	answer(w, f.Status, f)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// session gives a visitor a token: for the merchant whom the site's server signed for, for the conversation that an older token names, or
// for a new one. An older token of a verified visitor is no way in: his page has to say anew who he is.
func (c *Channel) session(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Site    string        `json:"site"`
		JWT     string        `json:"jwt"`
		Resume  string        `json:"resume"`
		Context *bot.Unproven `json:"context"`
	}
	if f := readJSON(w, r, &in); f != nil {
		return f
	}
	site := c.site(in.Site)
	if site == nil {
		return refuse(http.StatusNotFound, "no_site", textSite)
	}
	if !c.allowed(r, site) {
		return refuse(http.StatusForbidden, "origin", textOrigin)
	}
	if !c.local(r) {
		if wait := c.opens.Take(ClientKey(r.RemoteAddr)); wait > 0 {
			return tooFast(wait)
		}
	}
	old, err := c.tokens.read(in.Resume, resumeFor)
	known := in.Resume != "" && err == nil && old.Site == site.ID
	switch {
	case in.JWT != "":
		if !known {
			old = Visitor{}
		}
		return c.admit(w, r, site, in.JWT, old)
	case in.Resume == "":
		old = Visitor{Site: site.ID, User: bot.NewID(), Conversation: bot.NewID()}
	case !known:
		return refuse(http.StatusUnauthorized, "auth", textAuth)
	case old.Merchant != "":
		return refuse(http.StatusUnauthorized, "identity", textAuth)
	}
	if _, err := c.context(r.Context(), old, in.Context); err != nil {
		return err
	}
	return c.welcome(w, r, site, old)
}

// reidentify changes a visitor into the merchant whom the site's server signed for.
func (c *Channel) reidentify(w http.ResponseWriter, r *http.Request) error {
	old, err := c.visitor(r)
	if err != nil {
		return err
	}
	var in struct {
		JWT string `json:"jwt"`
	}
	if f := readJSON(w, r, &in); f != nil {
		return f
	}
	if wait := c.reads.Take(old.Conversation); wait > 0 {
		return tooFast(wait)
	}
	return c.admit(w, r, c.site(old.Site), in.JWT, old)
}

// admit answers a signed identity with a session of the merchant's own.
func (c *Channel) admit(w http.ResponseWriter, r *http.Request, site *Site, token string, old Visitor) error {
	v, err := c.identify(r.Context(), site, token)
	if err != nil {
		return err
	}
	if err := errors.Join(c.leave(r.Context(), old), c.rebind(r.Context(), v)); err != nil {
		return err
	}
	return c.welcome(w, r, site, v)
}

// said takes what the page says of its visitor without a signature.
func (c *Channel) said(w http.ResponseWriter, r *http.Request) error {
	v, err := c.visitor(r)
	if err != nil {
		return err
	}
	var in bot.Unproven
	if f := readJSON(w, r, &in); f != nil {
		return f
	}
	if f := c.spend(v); f != nil {
		return f
	}
	kept, err := c.context(r.Context(), v, &in)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, map[string]any{"kept": kept})
	return nil
}

// welcome answers with a session.
func (c *Channel) welcome(w http.ResponseWriter, r *http.Request, site *Site, v Visitor) error {
	token, err := c.tokens.issue(v)
	if err != nil {
		return err
	}
	st, last, err := c.state(r.Context(), v)
	if err != nil {
		return err
	}
	var merchant any
	if v.Merchant != "" {
		merchant = map[string]any{"name": v.Name}
	}
	answer(w, http.StatusOK, map[string]any{"token": token, "conv": v.Conversation, "epoch": c.cfg.Epoch, "last": last, "state": st,
		"server_time": c.tokens.now().UnixMilli(), "merchant": merchant, "verified": v.Merchant != "", "config": c.config(site, v)})
	return nil
}

func tooFast(wait time.Duration) *fault {
	f := refuse(http.StatusTooManyRequests, "rate_limited", textRate)
	f.Retry = int(wait.Milliseconds()) + 1
	return f
}

// visitor reads the token of a request. A conversation named beside it must be its own.
func (c *Channel) visitor(r *http.Request) (Visitor, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	v, err := c.tokens.read(token, 0)
	if !ok || err != nil || !c.current(v) {
		return v, refuse(http.StatusUnauthorized, "auth", textAuth)
	}
	if !c.allowed(r, c.site(v.Site)) {
		return v, refuse(http.StatusForbidden, "origin", textOrigin)
	}
	if conv := r.URL.Query().Get("conv"); conv != "" && conv != v.Conversation {
		return v, refuse(http.StatusForbidden, "foreign", textForeign)
	}
	return v, nil
}

// reader is visitor for those that read, so often.
func (c *Channel) reader(r *http.Request) (Visitor, error) {
	v, err := c.visitor(r)
	if err != nil {
		return v, err
	}
	if wait := c.reads.Take(v.Conversation); wait > 0 {
		return v, tooFast(wait)
	}
	return v, nil
}

func (c *Channel) send(w http.ResponseWriter, r *http.Request) error {
	v, err := c.visitor(r)
	if err != nil {
		return err
	}
	var in frame
	if f := readJSON(w, r, &in); f != nil {
		return f
	}
	ack, f := c.take(r.Context(), v, in)
	if f != nil {
		return f
	}
	answer(w, http.StatusOK, ack)
	return nil
}

// spend takes one of the frames that a visitor may send so often.
func (c *Channel) spend(v Visitor) *fault {
	if wait := c.sends.Take(v.Conversation); wait > 0 {
		return tooFast(wait)
	}
	return nil
}

// ack tells a visitor that a line is durable, and its number.
type ack struct {
	T   string `json:"t"`
	CID string `json:"cid"`
	ID  int64  `json:"id"`
}

// take handles a frame of type msg or act.
func (c *Channel) take(ctx context.Context, v Visitor, in frame) (ack, *fault) {
	if in.Conv != "" && in.Conv != v.Conversation {
		return ack{}, refuse(http.StatusForbidden, "foreign", textForeign)
	}
	if in.T == "read" || in.T == "act" && in.Name == "read" { // no line
		return ack{"ack", in.CID, in.Upto}, c.taken(ctx, v, in)
	}
	var ev bot.Event
	f := c.spend(v)
	if f == nil {
		ev, f = in.event(v)
	}
	if f != nil {
		f.CID = in.CID
		return ack{}, f
	}
	return c.handle(ctx, v, ev)
}

// handle takes a visitor's event to his conversation, and acknowledges it.
func (c *Channel) handle(ctx context.Context, v Visitor, ev bot.Event) (ack, *fault) {
	err := c.bound(ctx, v)
	var t bot.Turn
	if err == nil {
		t, err = c.svc.Handle(ctx, v.address(), ev)
	}
	if err != nil {
		f := faultOf(err)
		f.CID = ev.CID
		if f.Status >= 500 && ctx.Err() == nil {
			c.log.Error("handling a visitor's line", "conversation", v.Conversation, "err", err)
		}
		return ack{}, f
	}
	return ackOf(ev.CID, t.Messages(), t.Next.Last), nil
}

// ackOf acknowledges a line among those of its turn; last is the number it has when it led to none of its own.
func ackOf(cid string, lines []bot.Message, last int64) ack {
	for _, m := range lines {
		if m.CID == cid {
			last = m.Seq
		}
	}
	return ack{"ack", cid, last}
}

// taken notes what was shown.
func (c *Channel) taken(ctx context.Context, v Visitor, in frame) *fault {
	if wait := c.reads.Take(v.Conversation); wait > 0 {
		return tooFast(wait)
	}
	if err := c.setSeen(ctx, v, in.Upto); err != nil {
		c.log.Error("keeping what a visitor has seen", "conversation", v.Conversation, "err", err)
		f := faultOf(err)
		f.CID = in.CID
		return f
	}
	return nil
}

const (
	pollFor   = 25 * time.Second
	pageLimit = 200 // lines in one answer
	maxPolls  = 8   // of one conversation at once
)

// polls counts those under way, by conversation.
type polls struct {
	mu sync.Mutex
	n  map[string]int
}

// begin reports false when there are as many as may be; after true comes end.
func (p *polls) begin(conversation string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n[conversation] >= maxPolls {
		return false
	}
	if p.n == nil {
		p.n = map[string]int{}
	}
	p.n[conversation]++
	return true
}

func (p *polls) end(conversation string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n[conversation]--; p.n[conversation] == 0 {
		delete(p.n, conversation)
	}
}

// poll answers with the lines behind last, at once or when there are some.
func (c *Channel) poll(w http.ResponseWriter, r *http.Request) error {
	v, err := c.reader(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	last, err := number(q.Get("last"))
	if err != nil {
		return refuse(http.StatusBadRequest, "bad_frame", textBadFrame)
	}
	wait, err := number(q.Get("wait"))
	if err != nil {
		return refuse(http.StatusBadRequest, "bad_frame", textBadFrame)
	}
	if !c.polls.begin(v.Conversation) {
		return tooFast(time.Second)
	}
	defer c.polls.end(v.Conversation)
	gap := q.Get("epoch") != "" && q.Get("epoch") != c.cfg.Epoch
	if gap {
		last = 0
	}
	wake, cancel := c.bus.Subscribe(v.Conversation)
	defer cancel()
	timer := time.NewTimer(min(time.Duration(wait)*time.Second, pollFor, max(0, v.Until.Sub(c.tokens.now()))))
	defer timer.Stop()
	for {
		lines, err := c.read.Messages(r.Context(), v.Conversation, last, pageLimit)
		if err != nil {
			return err
		}
		if len(lines) == 0 && last > 0 && !gap {
			if _, newest, err := c.state(r.Context(), v); err != nil {
				return err
			} else if last > newest { // a number that was never given: the reader comes from another database
				gap, last = true, 0
				continue
			}
		}
		done := len(lines) > 0 || wait == 0 || gap
		if !done {
			select {
			case <-wake:
				continue
			case <-timer.C:
				done = true
			case <-r.Context().Done():
				return nil
			case <-c.socks.stopping():
				done = true
			}
		}
		st, _, err := c.state(r.Context(), v)
		if err != nil {
			return err
		}
		if n := len(lines); n > 0 {
			last = lines[n-1].Seq
		}
		out := map[string]any{"epoch": c.cfg.Epoch, "events": orEmpty(lines), "last": last, "state": st}
		if gap {
			out["gap"] = true
		}
		answer(w, http.StatusOK, out)
		return nil
	}
}

// history pages backwards.
func (c *Channel) history(w http.ResponseWriter, r *http.Request) error {
	v, err := c.reader(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	before, err1 := number(q.Get("before"))
	limit, err2 := number(q.Get("limit"))
	if err1 != nil || err2 != nil {
		return refuse(http.StatusBadRequest, "bad_frame", textBadFrame)
	}
	if before == 0 {
		before = 1 << 62
	}
	if limit == 0 || limit > pageLimit {
		limit = 50
	}
	lines, err := c.read.MessagesBefore(r.Context(), v.Conversation, before, int(limit))
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, map[string]any{"events": orEmpty(lines), "more": len(lines) > 0 && lines[0].Seq > 1, "epoch": c.cfg.Epoch})
	return nil
}

func number(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil && n < 0 {
		err = strconv.ErrRange
	}
	return n, err
}

func orEmpty(lines []bot.Message) []bot.Message {
	if lines == nil {
		return []bot.Message{}
	}
	return lines
}

// State is who speaks with the visitor now.
type State struct {
	Mode  string         `json:"mode"` // bot, queue, agent, closed
	Queue *bot.QueueLine `json:"queue"`
	Agent *bot.AgentID   `json:"agent"`
	Busy  bool           `json:"busy,omitempty"` // the bot waits for an answer from outside, or for the rest of a message

	Unread   int   `json:"unread"`             // lines of others that no tab has shown
	Merchant *Shop `json:"merchant,omitempty"` // for whom the visitor speaks
}

// Shop is a merchant as its own visitor sees it.
type Shop struct {
	Name string `json:"name"`
}

// state reads who speaks, and the number of the newest line.
func (c *Channel) state(ctx context.Context, v Visitor) (State, int64, error) {
	conv, err := c.read.ConversationByID(ctx, v.Conversation)
	if errors.Is(err, bot.ErrNotFound) {
		return State{Mode: "bot"}, 0, nil
	}
	if err != nil {
		return State{}, 0, err
	}
	st := State{Mode: conv.Holder.Kind, Busy: (conv.Awaits != "" || conv.Held != nil) && conv.Holder.Kind == bot.HolderBot}
	if conv.Binding != nil {
		st.Merchant = &Shop{Name: conv.Binding.Name}
	}
	if st.Unread, err = c.unread(ctx, conv); err != nil {
		return st, 0, err
	}
	switch conv.Holder.Kind {
	case bot.HolderClosed:
		st.Mode = "closed"
	case bot.HolderAgent:
		if conv.Holder.Agent != nil {
			st.Agent = &bot.AgentID{Name: conv.Holder.Agent.Name}
		}
	case bot.HolderQueue:
		st.Queue = &bot.QueueLine{Pos: 1}
		if c.desk != nil {
			d, err := bot.StatusAt(ctx, c.desk, conv.Address, conv.ID)
			if err != nil {
				return st, 0, err
			}
			var k bot.Case
			if conv.Case != nil {
				k = *conv.Case
			}
			ahead, wait := d.At(k.Skill, k.Priority)
			st.Queue = &bot.QueueLine{Pos: ahead + 1, ETA: wait, Open: d.Open}
		}
	}
	return st, conv.Last, nil
}
