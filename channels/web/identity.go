package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"posdoctor/bot"
)

// How a site's server may sign.
const (
	AlgHS256 = "HS256"
	AlgEdDSA = "EdDSA"
)

const (
	identityFor  = time.Hour        // the longest life of a signed identity
	identitySkew = 30 * time.Second // how far the clocks of the two servers may be apart
	maxIdentity  = 4 << 10          // bytes
	maxSNs       = 20
)

// identity is what a site's server signs about its visitor. A true one, decoded:
//
//	{"alg":"EdDSA","kid":"k_7h2m9q4x"} . {"aud":"st_9f3k2m7q4w8x","sub":"1900013511","name":"川味小馆","phone_masked":"138****0042",
//	"sns":["N910-004217"],"iat":1795420800,"exp":1795424100,"jti":"0198f2c1"}
type identity struct {
	Name  string   `json:"name"`
	Phone string   `json:"phone_masked"`
	SNs   []string `json:"sns"`
	jwt.RegisteredClaims

	kid string
}

// errIdentity refuses an identity. The reason is for the log of the site's own developers and never names a key.
type errIdentity struct{ why string }

func (e *errIdentity) Error() string { return "signed identity: " + e.why }

// verify reads a signed identity of a site. The algorithm is the key's and never the token's to choose; what the token says of keys
// elsewhere (jwk, jku, x5u) is not looked at, and what it calls critical is refused.
func (s *Site) verify(token string, now time.Time) (identity, error) {
	var id identity
	no := func(why string) (identity, error) { return identity{}, &errIdentity{why} }
	if len(token) > maxIdentity {
		return no("longer than 4 kB")
	}
	var key *Key
	_, err := jwt.ParseWithClaims(token, &id, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		if key = s.key(kid); key == nil || kid == "" {
			return nil, errors.New("no key of that kid")
		}
		if t.Method.Alg() != key.Alg {
			return nil, errors.New("not the key's algorithm")
		}
		if _, ok := t.Header["crit"]; ok {
			return nil, errors.New("crit is not understood")
		}
		return key.material()
	}, jwt.WithValidMethods([]string{AlgHS256, AlgEdDSA}), jwt.WithAudience(s.ID), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(identitySkew), jwt.WithTimeFunc(func() time.Time { return now }), jwt.WithStrictDecoding())
	switch {
	case err != nil:
		return no(err.Error())
	case id.IssuedAt == nil:
		return no("iat is missing")
	case id.ExpiresAt.Sub(id.IssuedAt.Time) > identityFor, id.ExpiresAt.Sub(now) > identityFor+identitySkew:
		return no("exp is more than an hour after iat")
	case !id.ExpiresAt.After(now):
		return no("expired")
	case !bot.PlainID(id.Subject):
		return no("sub is no merchant's reference")
	case len(id.ID) > 128:
		return no("jti is too long")
	case len(id.SNs) > maxSNs || slices.ContainsFunc(id.SNs, func(sn string) bool { return !bot.PlainID(sn) || len(sn) > 40 }):
		return no("sns is no list of serial numbers")
	case id.Phone != "" && !strings.Contains(id.Phone, "*"):
		return no("phone_masked is not masked")
	}
	id.kid = key.KID
	id.Name, id.Phone = bot.Label(id.Name), bot.Label(id.Phone)
	return id, nil
}

// identify makes a visitor of a signed identity, and uses up one that is good once. The same merchant of the same site is the same
// user on every device, so his history follows him; see doc.go.
func (c *Channel) identify(ctx context.Context, s *Site, token string) (Visitor, error) {
	now := c.tokens.now()
	id, err := s.verify(token, now)
	if err == nil && id.ID != "" {
		err = c.once(ctx, s, id, now)
	}
	var bad *errIdentity
	if errors.As(err, &bad) {
		c.log.Info("a signed identity was refused", "site", s.ID, "why", bad.why)
		return Visitor{}, refuse(http.StatusUnauthorized, "identity", textIdentity)
	}
	if err != nil {
		return Visitor{}, err
	}
	v := c.merchantAt(s.ID, id.Subject)
	v.Name, v.Phone, v.SNs, v.KID, v.Until = id.Name, id.Phone, id.SNs, id.kid, id.ExpiresAt.Time
	v.Session, v.Since = bot.NewID(), now
	return v, nil
}

// once notes a jti: who puts one in says that the identity is good once.
func (c *Channel) once(ctx context.Context, s *Site, id identity, now time.Time) error {
	if c.cfg.Once == nil {
		return &errIdentity{"jti cannot be kept here"}
	}
	sum := sha256.Sum256([]byte(s.ID + "\x00" + id.ID))
	err := c.cfg.Once(ctx, hex.EncodeToString(sum[:]), id.ExpiresAt.Add(identitySkew).UnixMilli(), now.UnixMilli())
	if errors.Is(err, bot.ErrDuplicate) {
		return &errIdentity{"jti was used before"}
	}
	return err
}

// merchantAt is the user and the conversation that a merchant has at a site. Both are made of the server's key, the site and the
// merchant's reference: nobody can guess them, and two devices that begin at the same moment begin the same conversation.
func (c *Channel) merchantAt(site, merchant string) Visitor {
	h := hmac.New(sha256.New, c.cfg.Key)
	h.Write([]byte("merchant\x00" + site + "\x00" + merchant))
	sum := h.Sum(nil)
	conv := uuid.UUID(sum[16:32])
	conv[6], conv[8] = conv[6]&15|0x80, conv[8]&0x3f|0x80 // version 8: made by our own rule
	return Visitor{Site: site, User: "m" + hex.EncodeToString(sum[:16]), Conversation: conv.String(), Merchant: merchant}
}

// bound makes the conversation of a verified visitor speak for the merchant: once for each identity that was taken, before the first
// thing he does, so that opening a chat alone makes no conversation. A merchant who took his binding back stays unbound until the page
// says anew who he is. It is as old as the identity and not as that first thing: a ticket that changes something wants a fresh proof, and a
// page may have been open for an hour.
func (c *Channel) bound(ctx context.Context, v Visitor) error {
	if v.Merchant == "" || c.binds.has(v.Session) {
		return nil
	}
	_, err := c.svc.Handle(ctx, v.address(), bot.Event{Kind: bot.EventBound, Key: "web:" + v.Session + ":bound", Conversation: v.Conversation,
		Binding: &bot.Binding{Merchant: v.Merchant, Name: v.Name, Proof: bot.ProofPage, At: v.Since.UnixMilli(), Phone: v.Phone, SNs: strings.Join(v.SNs, " ")}})
	if err == nil {
		c.binds.add(v.Session)
	}
	return err
}

// rebind is bound for a conversation that is there already, at once: whoever has it on the screen sees for whom it speaks.
func (c *Channel) rebind(ctx context.Context, v Visitor) error {
	if _, err := c.read.ConversationByID(ctx, v.Conversation); err != nil {
		if errors.Is(err, bot.ErrNotFound) {
			return nil
		}
		return err
	}
	return c.bound(ctx, v)
}

// leave lets go of the conversation that a visitor had before his page said who he is: who waited for a person there is not called in
// vain. It stays as it is and nobody can read it any more but people at the desk.
func (c *Channel) leave(ctx context.Context, old Visitor) error {
	if old.Conversation == "" || old.Merchant != "" {
		return nil
	}
	conv, err := c.read.ConversationByID(ctx, old.Conversation)
	if errors.Is(err, bot.ErrNotFound) || err == nil && conv.Holder.Kind != bot.HolderQueue {
		return nil
	}
	if err == nil {
		_, err = c.svc.Handle(ctx, old.address(), bot.Event{Kind: bot.EventChose, Choice: "cancel", Conversation: old.Conversation})
	}
	return err
}

// current says that a token's right still holds: its site is there, and the key that its identity came by.
func (c *Channel) current(v Visitor) bool {
	s := c.site(v.Site)
	return s != nil && (v.Merchant == "" || s.key(v.KID) != nil)
}

// noted are sessions that were bound. What it forgets is bound again, which changes nothing.
type noted struct {
	mu  sync.Mutex
	ids map[string]struct{}
}

func (n *noted) has(id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, ok := n.ids[id]
	return ok
}

func (n *noted) add(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ids == nil || len(n.ids) >= maxKeys {
		n.ids = map[string]struct{}{}
	}
	n.ids[id] = struct{}{}
}
