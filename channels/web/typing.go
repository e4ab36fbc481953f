package web

// Typing tells the pages of a conversation that an agent types, or has stopped. It is said to who listens now and never kept; a page
// forgets it by itself after some seconds.
func (c *Channel) Typing(conversation string, on bool) {
	c.socks.mu.Lock()
	defer c.socks.mu.Unlock()
	for _, s := range c.socks.of[conversation] {
		select {
		case s.out <- map[string]any{"t": "eph", "type": "typing", "who": "agent", "on": on}:
		default: // it has other things to read
		}
	}
}
