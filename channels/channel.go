// Package channels holds what all channels have in common: the contract of a channel, and the Dispatcher that takes items from
// the outbox to those who deliver them.
//
// A channel turns what its platform sends into events for bot.Service.Handle, and the messages of a conversation into what its
// platform shows. It keeps no state of its own: what it must remember stands in the store.
package channels

import "net/http"

// Channel is one way to reach merchants. A channel that pushes also implements bot.Deliverer.
type Channel interface {
	Name() string // the Channel of its addresses
	http.Handler
}
