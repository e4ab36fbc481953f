package simulator

import (
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/acquirer/contract"
	"posdoctor/bot/acquirer/signing"
)

// Config is how a simulator is set up. Dir and Key are needed.
type Config struct {
	Dir       string      // of the file of tickets
	Key       signing.Key // shared with posdoctor
	EventsURL string      // where events go; "": none are sent, posdoctor has to ask
	Now       func() time.Time
	Log       *slog.Logger
}

// Simulator is an acquirer. It serves the contract, its page and its controls.
type Simulator struct {
	cfg      Config
	now      func() time.Time
	log      *slog.Logger
	mux      *http.ServeMux
	ledger   *ledger
	nonces   signing.Nonces
	faults   faults
	changes  changes
	bindings bindings
	wake     chan struct{} // a ticket came or moved

	mu    sync.Mutex
	slow  map[string]time.Time // by merchant: since when a reading is under way
	asked map[string]int       // by operation, for the page
}

var _ bot.Binder = (*Simulator)(nil)

// New opens the simulator whose tickets stand below cfg.Dir.
func New(cfg Config) (*Simulator, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Key.ID == "" {
		return nil, errors.New("the simulator needs a key: its answers are signed")
	}
	l, err := openLedger(filepath.Join(cfg.Dir, ticketsFile), cfg.Now)
	if err != nil {
		return nil, err
	}
	s := &Simulator{cfg: cfg, now: cfg.Now, log: cfg.Log, ledger: l, wake: make(chan struct{}, 1), slow: map[string]time.Time{}, asked: map[string]int{}}
	s.routes()
	return s, nil
}

// Close closes the file of tickets. Requests after it fail as UNAVAILABLE.
func (s *Simulator) Close() error { return s.ledger.close() }

// Bind returns the merchant whose words a text is.
func (s *Simulator) Bind(text string) (bot.Binding, bool) {
	m, ok := demoNamed(text)
	if !ok {
		return bot.Binding{}, false
	}
	return bot.Binding{Merchant: m.Ref, Name: m.Name(), Proof: "demo", At: s.now().UnixMilli()}, true
}

// Tickets lists all tickets, the newest first.
func (s *Simulator) Tickets() []Entry { return s.ledger.list() }

// SetFaults switches faults on, in place of those before. None switches all off.
func (s *Simulator) SetFaults(f ...Fault) { s.faults.set(f) }

func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Asked says how often an operation was asked with a right signature, faults included.
func (s *Simulator) Asked(op contract.Operation) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[string(op)]
}
