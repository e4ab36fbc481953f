package web

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"posdoctor/bot"
)

// Visitor is whom a token speaks for.
type Visitor struct {
	Site         string
	User         string
	Conversation string
	Until        time.Time // when his token expires

	// Of a visitor for whom the site's server signed; Merchant is "" for others.
	Merchant, Name, Phone string
	SNs                   []string
	KID                   string // the key that verified it
	Session               string // this identity as it was taken
	Since                 time.Time
}

func (v Visitor) address() bot.Address {
	return bot.Address{Channel: Name, Account: v.Site, User: v.User}
}

const (
	tokenFor  = 12 * time.Hour      // a token is valid
	resumeFor = 30 * 24 * time.Hour // an expired one still finds its conversation again
)

type claims struct {
	Site         string `json:"site"`
	Conversation string `json:"conv"`

	Merchant string   `json:"mch,omitempty"`
	Name     string   `json:"name,omitempty"`
	Phone    string   `json:"phone,omitempty"`
	SNs      []string `json:"sns,omitempty"`
	KID      string   `json:"key,omitempty"`
	Session  string   `json:"sid,omitempty"`
	jwt.RegisteredClaims
}

// errToken refuses a token without telling why: forged, expired and malformed look alike.
var errToken = errors.New("the token is not valid")

// tokens makes and reads the visitors' tokens, signed with a key that stays in the database.
type tokens struct {
	key []byte
	now func() time.Time
}

// issue makes a token. One of a verified visitor is good as long as his identity.
func (t tokens) issue(v Visitor) (string, error) {
	now := t.now()
	until := now.Add(tokenFor)
	if v.Merchant != "" {
		until = v.Until
	}
	s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{v.Site, v.Conversation, v.Merchant, v.Name, v.Phone, v.SNs, v.KID, v.Session,
		jwt.RegisteredClaims{Issuer: "posdoctor", Subject: v.User, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(until)},
	}).SignedString(t.key)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return s, nil
}

// read returns whom a token speaks for. grace is for how long an expired token is still taken.
func (t tokens) read(token string, grace time.Duration) (Visitor, error) {
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return t.key, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer("posdoctor"), jwt.WithExpirationRequired(),
		jwt.WithLeeway(grace), jwt.WithTimeFunc(t.now))
	if err != nil || c.IssuedAt == nil || c.Subject == "" || c.Conversation == "" || c.Site == "" {
		return Visitor{}, errToken
	}
	return Visitor{Site: c.Site, User: c.Subject, Conversation: c.Conversation, Until: c.ExpiresAt.Time,
		Merchant: c.Merchant, Name: c.Name, Phone: c.Phone, SNs: c.SNs, KID: c.KID, Session: c.Session, Since: c.IssuedAt.Time}, nil
}
