package bot

import "net/url"

// Unproven is what a page says of its visitor without a signature, e.g. {"sn":"N910-0042","model":"N910","last_error":"58"}. Anybody can
// write it, so it is shown to people as unverified, and nothing is bound, merged or looked up by it.
type Unproven struct {
	Name      string `json:"name,omitempty"`
	Phone     string `json:"phone,omitempty"`
	SN        string `json:"sn,omitempty"`    // serial number of the terminal
	Model     string `json:"model,omitempty"` // of the terminal
	Page      string `json:"page,omitempty"`  // address of the page, without what stands behind ? and #
	LastError string `json:"last_error,omitempty"`
}

// clean makes every field one short line without personal data. One that says nothing is none.
func (c *Unproven) clean() *Unproven {
	if c == nil {
		return nil
	}
	out := *c
	out.Page = place(out.Page)
	for _, f := range []*string{&out.Name, &out.Phone, &out.SN, &out.Model, &out.Page, &out.LastError} {
		*f, _ = label(*f)
	}
	if out == (Unproven{}) {
		return nil
	}
	return &out
}

// place is an address without its query and fragment, which may hold what is nobody's business; "" for one that is no web page.
func place(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > 2000 || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// signedIn binds by the signature of the host page, and reports whether that is all: nothing waits for who the merchant is, or he was
// known already. A person who holds the conversation, or who is waited for, sees it in the card.
func (t *turn) signedIn() bool {
	b := t.ev.Binding
	if t.ev.Kind != EventBound || b == nil || b.Proof != ProofPage || t.ev.Text != "" {
		return false
	}
	known := t.next.Binding != nil && t.next.Binding.Merchant == b.Merchant
	if !known && t.next.Holder.Kind == HolderBot && t.next.Dialogue.Topic != nil {
		return false
	}
	t.bind(*b)
	return true
}
