package bot

import (
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"sync"

	"posdoctor/flows"
)

// filing holds the turns of one merchant that may ask for a ticket: of two devices that confirm at the same moment, the second sees the
// ticket of the first. Merchants that share a lock wait for each other, and for nothing else.
type filing [64]sync.Mutex

// hold waits for the others of the merchant. It returns nil where the conversation cannot ask for a ticket now.
func (f *filing) hold(c Conversation) *sync.Mutex {
	p := c.Dialogue.Pending
	if c.Binding == nil || p == nil || p.Kind != flows.PromptFile && p.Kind != flows.PromptAdd && p.Kind != flows.PromptDecide {
		return nil
	}
	h := fnv.New32a()
	h.Write([]byte(c.Binding.Merchant))
	m := &f[h.Sum32()%uint32(len(f))]
	m.Lock()
	return m
}

// elsewhereMost is at how many other addresses of a merchant open tickets are looked for.
const elsewhereMost = 10

// elsewhere reads the tickets that a merchant has asked for at other addresses and that are on their way or open: the same complaint joins
// them, and 查进度 shows them.
// Only who has proven for whom he speaks sees them, and only what others have asked for who have: the words of a demo merchant are anybody's.
func (s *Service) elsewhere(ctx context.Context, c Conversation, ev Event) ([]TicketRef, error) {
	store, ok := s.Store.(Bindings)
	b := c.Binding
	if !ok || b == nil || b.Proof == "demo" || !slices.Contains([]string{EventSaid, EventChose, EventRecord}, ev.Kind) {
		return nil, nil
	}
	all, err := store.BoundTo(ctx, b.Merchant, elsewhereMost+1)
	if err != nil {
		return nil, err
	}
	var out []TicketRef
	for _, x := range all {
		if x.Conversation == c.ID || x.Proof == "demo" {
			continue
		}
		other, err := s.Store.ConversationByID(ctx, x.Conversation)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, r := range other.Tickets {
			open := r.No != "" && (r.Status == "OPEN" || r.Status == "IN_PROGRESS") || r.Status == "SENDING" || r.Status == "UNKNOWN"
			if r.Merchant == b.Merchant && open {
				out = append(out, TicketRef{No: r.No, Status: r.Status, Title: r.Title, About: r.About, Merchant: r.Merchant, At: r.At, Due: r.Due, Late: r.Late})
			}
		}
	}
	return out, nil
}
