package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"posdoctor/bot"
	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/remote"
	"posdoctor/bot/acquirer/signing"
	"posdoctor/bot/acquirer/simulator"
	"posdoctor/bot/acquirer/wechatpay"
	"posdoctor/bot/desk"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/channels"
	"posdoctor/channels/notice"
	visitors "posdoctor/channels/web"
	"posdoctor/channels/wechat"
	"posdoctor/knowledge"
	"posdoctor/server/console"
	"posdoctor/server/web"
)

func serveCommand(cmd *cobra.Command, _ []string) error {
	s, err := read(cmd)
	if err != nil {
		return err
	}
	return serve(cmd.Context(), s, cmd.OutOrStdout(), nil)
}

// serve runs until ctx is done, then lets go within ten seconds. What runs beside it is told the server's address once it serves, and
// says what the banner should; it may be nil.
func serve(ctx context.Context, s settings, out io.Writer, beside func(url string) []place) error {
	log := newLog(s)
	listener, err := listen(s.listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	s.eventsAt = reachedAt(listener.Addr())
	a, err := newApp(ctx, s, log)
	if err != nil {
		return err
	}
	defer a.close()
	lock, err := lockFolder(s.data)
	if err != nil {
		return err
	}
	defer lock.Close()
	handler, notice, err := a.handler(ctx)
	if err != nil {
		return err
	}
	if err := a.store.Resume(ctx, time.Now(), recordGrace); err != nil {
		return err
	}
	srv := newServer(handler, log)
	defer a.work(ctx)()
	failed := make(chan error, 2)
	if s.internalListen != "" {
		l, err := listen(s.internalListen)
		if err != nil {
			return err
		}
		inner := newServer(a.internal(), log)
		inner.WriteTimeout = 2 * time.Minute // a profile takes its time
		defer inner.Close()
		go func() { failed <- inner.Serve(l) }()
	}
	go func() { failed <- srv.Serve(listener) }()
	url := "http://" + listener.Addr().String()
	var more []place
	if beside != nil {
		more = beside(url)
	}
	banner(out, url, s, a, notice, more)

	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping")
	a.visitors.Stop()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
	defer cancel()
	if err := srv.Shutdown(last); err != nil {
		srv.Close()
	}
	return nil
}

// recordGrace is how long after a start a record has to come before it is given up.
const recordGrace = 10 * time.Second

func newLog(s settings) *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: s.level}))
}

func listen(addr string) (net.Listener, error) { return listenOn(addr, "listen") }

// listenOn listens on the address of an option.
func listenOn(addr, option string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use by another program (perhaps another posdoctor); stop it, or choose another address with --%s", addr, option)
	}
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w; choose another address with --%s", addr, err, option)
	}
	return l, nil
}

// reachedAt is where this machine itself reaches a listener.
func reachedAt(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", tcp.Port)
	}
	return "http://" + a.String()
}

func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 40 * time.Second,
		IdleTimeout: 60 * time.Second, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
}

// app is the server's parts, wired.
type app struct {
	s           settings
	log         *slog.Logger
	store       *store.Store
	bus         *live.Bus
	index       *knowledge.Index
	service     *bot.Service
	presence    *web.Presence
	desk        *desk.Desk
	acquirer    bot.Acquirer
	libraryAt   string               // the operator's folder when it was read, see stamp
	remote      *remote.Client       // nil: none is reached over HTTP
	wechatpay   *wechatpay.Client    // nil: another acquirer
	sim         *simulator.Simulator // nil: another acquirer
	simAt       net.Listener
	simServer   *http.Server
	acquirerKey signing.Key // its zero value: no acquirer sends events
	visitors    *visitors.Channel
	showSites   []visitors.Site // of the demonstration pages; they are in no database
	wechat      *wechat.Channel // nil: not configured
	wechatKF    *wechat.KF      // nil: not configured
	room        *room
	teller      *notice.Teller // tells agents outside of the console
}

// newApp opens the data folder and wires what every way of running needs.
func newApp(ctx context.Context, s settings, log *slog.Logger) (*app, error) {
	a := &app{s: s, log: log, bus: &live.Bus{}}
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be made: %w; choose another one with --data", s.data, err)
	}
	a.libraryAt = stamp(filepath.Join(s.data, libraryFolder), time.Now()) // before it is read: what changes from now on is seen
	lib, faulty, err := library(s, time.Now())
	if err != nil {
		return nil, err
	}
	if faulty != nil {
		log.Error("your library is left out until it is sound", "folder", filepath.Join(s.data, libraryFolder), "err", faulty)
	}
	if a.index, err = knowledge.NewIndex(lib); err != nil {
		return nil, fmt.Errorf("indexing the library: %w", err)
	}
	if a.store, err = store.Open(ctx, filepath.Join(s.data, "posdoctor.db")); err != nil {
		return nil, errors.Join(err, a.index.Close())
	}
	a.teller = a.newTeller()
	a.presence = &web.Presence{Now: time.Now}
	a.desk = &desk.Desk{Store: a.store, Roster: a.presence, Bus: a.bus, Leases: a.store, Owner: bot.NewID(), Tells: true, Now: time.Now, Log: log}
	a.presence.Staff, a.presence.Changed = a.store, func() {
		a.desk.Changed()
		a.bus.Publish(web.TopicPresence, bot.TopicDesk)
	}
	a.service = &bot.Service{Store: a.store, Bus: a.bus, Finder: bot.LibraryFinder{Index: a.index, Tell: s.tell, Offer: s.offer, Now: time.Now}, Engine: bot.NewEngine(), Desk: a.desk,
		Now: time.Now, NewID: bot.NewID, Log: log}
	a.service.CSAT, a.service.Shown = (&csat{a: a}).read, a.store.Reached
	a.room = &room{a: a, free: freeBytes}
	a.desk.Handle = a.service.HandleID
	if err := a.openAcquirer(); err != nil {
		return nil, errors.Join(err, a.close())
	}
	book, err := bot.NewPlaybook(lib)
	if err == nil {
		err = a.service.Publish(ctx, book)
	}
	if err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *app) close() error {
	return errors.Join(a.closeAcquirer(), a.store.Close(), a.index.Close())
}

// work runs what goes on beside requests, calls to the acquirer, timers and the operator's library, until stop is called or ctx is
// done; stop waits for what is under way.
func (a *app) work(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { a.dispatcher().Run(ctx) })
	running.Go(func() { a.scheduler().Run(ctx) })
	running.Go(func() { a.desk.Run(ctx) })
	running.Go(func() { a.watch(ctx) })
	running.Go(func() { a.watchSites(ctx) })
	if a.wechatKF != nil {
		running.Go(func() { a.wechatKF.Run(ctx) })
	}
	if a.sim != nil {
		running.Go(func() { a.sim.Run(ctx) })
	}
	running.Go(func() { a.housekeeping(ctx) })
	running.Go(func() { a.tellLow(ctx, a.teller) })
	running.Go(func() { a.giveBack(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
}

func (a *app) dispatcher() *channels.Dispatcher {
	calls := acquirer.NewDeliverer(a.acquirer, time.Now, bot.NewID)
	calls.Links = a.s.linkHosts
	targets := map[string]bot.Deliverer{bot.TargetAcquirer: calls, bot.TargetNotice: desk.Deliverer{Teller: a.teller}, bot.TargetSpeakers: bot.Speakers{Service: a.service}}
	if a.wechat != nil {
		targets[a.wechat.Name()] = a.wechat
		if target, fetcher := a.wechat.Fetcher(); fetcher != nil {
			targets[target] = fetcher
		}
	}
	if a.wechatKF != nil {
		targets[a.wechatKF.Name()] = a.wechatKF
		if target, fetcher := a.wechatKF.Fetcher(); fetcher != nil {
			targets[target] = fetcher
		}
	}
	maps.Copy(targets, a.teller.Targets())
	return &channels.Dispatcher{Outbox: a.store, Bus: a.bus, Handle: a.service.Handle, Now: time.Now, Log: a.log, Targets: targets}
}

func (a *app) scheduler() *bot.Scheduler {
	return &bot.Scheduler{Timers: a.store, Bus: a.bus, Handle: a.service.Handle, Now: time.Now, Log: a.log}
}

// handler wires the routes. The notice says how admin gets in.
func (a *app) handler(ctx context.Context) (http.Handler, string, error) {
	notice, err := a.admin(ctx)
	if err != nil {
		return nil, "", err
	}
	epoch, err := a.store.Meta(ctx, "epoch")
	if err != nil {
		return nil, "", err
	}
	hexKey, err := a.store.Meta(ctx, "key")
	if err != nil {
		return nil, "", err
	}
	key, err := hex.DecodeString(hexKey)
	if err != nil {
		return nil, "", fmt.Errorf("the database's key: %w", err)
	}
	if err := firstSite(ctx, a.store); err != nil {
		return nil, "", err
	}
	portal := a.openPortal()
	sites, err := a.readSites(ctx)
	if err != nil {
		return nil, "", err
	}
	a.visitors = visitors.New(visitors.Config{PublicURL: a.s.publicURL, Sites: sites, Epoch: epoch, Key: key, Once: a.store.UseIdentity, Room: a.room.forPictures},
		a.service, a.store, a.bus, a.desk, time.Now, a.log)
	a.visitors.Suggester, a.visitors.Records, a.visitors.Notes = visitors.LibrarySuggester{Index: a.index}, a.acquirer, a.store
	d := web.Deps{Service: a.service, Store: a.store, Bus: a.bus, Desk: a.presence, Work: a.desk, Visitors: a.visitors, Ready: a.ready, Room: a.room.forPictures,
		ConsolePage: console.Index, ConsoleDist: console.Dist, TrustedProxies: a.s.trusted, PublicURL: a.s.publicURL,
		Secure: strings.HasPrefix(a.s.publicURL, "https://"), Windows: map[string]web.Windower{}, SitesDone: a.takeSites, Portal: portal, Records: a.acquirer, Now: time.Now, Log: a.log,
		Settings: operatorSettings(), Notices: a.teller, Changed: a.desk.Changed}
	if err := a.openWeChat(); err != nil {
		return nil, "", err
	}
	if a.acquirerKey.ID != "" {
		d.Acquirer = &acquirer.Events{Key: a.acquirerKey, Tickets: a.store, Handle: a.service.Handle, Tell: a.service.Tell, Forget: a.remote.Forget, Now: time.Now, Log: a.log}
	}
	if a.wechatpay != nil {
		d.WeChatPay = a.wechatpay.Notices(a.takeNotice)
	}
	if a.wechat != nil {
		d.WeChat = a.wechat
		d.Windows[a.wechat.Name()] = a.wechat
	}
	if a.wechatKF != nil {
		d.WeChatKF = a.wechatKF
		d.Windows[a.wechatKF.Name()] = a.wechatKF
	}
	h, err := web.New(d)
	return withFixtures(h), notice, err
}

func (a *app) ready(ctx context.Context) error {
	if err := a.store.Ping(ctx); err != nil {
		return err
	}
	_, err := a.index.Search(knowledge.Query{Text: "商户状态异常", Limit: 1})
	return err
}

// demoSite exists from the first start and allows the server's own pages.
var demoSite = visitors.Site{ID: web.DemoSite, Name: "演示站点", Origins: []string{}, Title: "机具助手", Greeting: "您好，我是智能助手。机器或账户出了什么问题？",
	Topics: []string{"POS机显示商户状态异常", "刷卡没反应", "今天的钱没到账", "提示 58", "营业执照到期了", "二维码扫不了"}}
