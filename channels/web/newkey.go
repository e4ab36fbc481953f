package web

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
)

// letters of ids: 32, none of which looks like another.
const letters = "abcdefghijkmnpqrstuvwxyz23456789"

func random(prefix string, n int) string {
	b := make([]byte, n)
	rand.Read(b)
	for i := range b {
		b[i] = letters[b[i]%byte(len(letters))]
	}
	return prefix + string(b)
}

// NewSiteID names a new site.
func NewSiteID() string { return random("st_", 12) }

// errPublic refuses what is no public key.
var errPublic = &SiteError{"public", "公钥要是 Ed25519 的：PEM（BEGIN PUBLIC KEY）、JWK（kty OKP）或 32 字节的 base64。不要粘贴私钥。"}

// NewKey makes a key of an algorithm. For HS256 the secret is made here and returned to be shown once; for EdDSA public is the site's public
// key, as PEM, JWK or base64, and nothing is secret.
func NewKey(alg, public string) (k Key, secret string, err error) {
	k = Key{KID: random("k_", 10), Alg: alg}
	switch alg {
	case AlgHS256:
		raw := make([]byte, 32)
		rand.Read(raw)
		// The text itself is the secret, as servers put it into their configuration: nobody has to know whether to decode it.
		secret = base64.RawURLEncoding.EncodeToString(raw)
		k.Secret = base64.StdEncoding.EncodeToString([]byte(secret))
	case AlgEdDSA:
		raw, err := publicKey(public)
		if err != nil {
			return Key{}, "", err
		}
		k.Secret = base64.StdEncoding.EncodeToString(raw)
	default:
		return Key{}, "", &SiteError{"alg", "签名算法只能是 HS256 或 EdDSA。"}
	}
	return k, secret, nil
}

func publicKey(s string) (ed25519.PublicKey, error) {
	s = strings.TrimSpace(s)
	if len(s) > 4<<10 {
		return nil, errPublic
	}
	if block, _ := pem.Decode([]byte(s)); block != nil {
		if block.Type != "PUBLIC KEY" {
			return nil, errPublic
		}
		any, err := x509.ParsePKIXPublicKey(block.Bytes)
		if key, ok := any.(ed25519.PublicKey); err == nil && ok {
			return sound(key)
		}
		return nil, errPublic
	}
	if strings.HasPrefix(s, "{") {
		var jwk struct{ Kty, Crv, X, D string }
		if json.Unmarshal([]byte(s), &jwk) != nil || jwk.Kty != "OKP" || jwk.Crv != "Ed25519" || jwk.D != "" {
			return nil, errPublic
		}
		s = jwk.X
	}
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if raw, err := e.DecodeString(s); err == nil && len(raw) == ed25519.PublicKeySize {
			return sound(raw)
		}
	}
	return nil, errPublic
}

// smallOrder are the Ed25519 points under which a signature can be made for any message without a private key.
var smallOrder = []string{
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
	"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
	"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
	"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
	"\xed\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", // 0 in another spelling
	"\xee\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", // 1 likewise
	"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
}

// sound refuses a point of small order, in both signs.
func sound(key ed25519.PublicKey) (ed25519.PublicKey, error) {
	p := []byte(string(key))
	p[31] &= 0x7f
	for _, bad := range smallOrder {
		if string(p) == bad {
			return nil, errPublic
		}
	}
	return key, nil
}

// IsSiteError says what is wrong with what an operator wrote; nil for other errors.
func IsSiteError(err error) *SiteError {
	var e *SiteError
	if errors.As(err, &e) {
		return e
	}
	return nil
}
