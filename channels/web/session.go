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
	jwt.RegisteredClaims
}

// errToken refuses a token without telling why: forged, expired and malformed look alike.
var errToken = errors.New("the token is not valid")

// tokens makes and reads the visitors' tokens, signed with a key that stays in the database.
type tokens struct {
	key []byte
	now func() time.Time
}

func (t tokens) issue(v Visitor) (string, error) {
	now := t.now()
	s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{v.Site, v.Conversation, jwt.RegisteredClaims{
		Issuer: "posdoctor", Subject: v.User, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(tokenFor)),
	}}).SignedString(t.key)
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
	if err != nil || c.Subject == "" || c.Conversation == "" || c.Site == "" {
		return Visitor{}, errToken
	}
	return Visitor{Site: c.Site, User: c.Subject, Conversation: c.Conversation}, nil
}
