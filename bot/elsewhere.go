package bot

import (
	"context"
	"errors"
	"slices"
)

// elsewhereMost is at how many other addresses of a merchant open tickets are looked for.
const elsewhereMost = 10

// elsewhere reads the open tickets that a merchant has asked for at other addresses: the same complaint joins them, and 查进度 shows them.
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
			if r.Merchant == b.Merchant && r.No != "" && (r.Status == "OPEN" || r.Status == "IN_PROGRESS") {
				out = append(out, TicketRef{No: r.No, Status: r.Status, Title: r.Title, About: r.About, Merchant: r.Merchant, At: r.At, Due: r.Due, Late: r.Late})
			}
		}
	}
	return out, nil
}
