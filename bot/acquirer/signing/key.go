package signing

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// Algorithms.
const (
	HMAC = "HMAC-SHA256"
	RSA  = "RSA-SHA256"
)

// minSecret is how long a secret must be, in bytes; minBits is the size of an RSA key.
const (
	minSecret = 32
	minBits   = 2048
)

// Key signs and verifies under a name. The zero Key does neither.
type Key struct {
	ID        string
	Algorithm string
	secret    []byte
	private   *rsa.PrivateKey
	public    *rsa.PublicKey
}

// Secret returns the key that both sides share.
func Secret(id, secret string) (Key, error) {
	if len(secret) < minSecret {
		return Key{}, fmt.Errorf("the secret has %d bytes; use at least %d, e.g. of `openssl rand -base64 32`", len(secret), minSecret)
	}
	return Key{ID: id, Algorithm: HMAC, secret: []byte(secret)}, nil
}

// PEM returns a key from a file with our own PRIVATE KEY, which signs, and the other side's PUBLIC KEY or CERTIFICATE, which verifies.
func PEM(id string, file []byte) (Key, error) {
	k := Key{ID: id, Algorithm: RSA}
	for {
		var b *pem.Block
		if b, file = pem.Decode(file); b == nil {
			break
		}
		if err := k.add(b); err != nil {
			return Key{}, err
		}
	}
	switch {
	case k.private == nil:
		return Key{}, errors.New("there is no PRIVATE KEY in it, with which requests are signed")
	case k.public == nil:
		return Key{}, errors.New("there is no PUBLIC KEY of the other side in it, with which answers are verified; put it behind the private key")
	case k.private.N.BitLen() < minBits || k.public.N.BitLen() < minBits:
		return Key{}, fmt.Errorf("an RSA key has less than %d bits", minBits)
	}
	return k, nil
}

func (k *Key) add(b *pem.Block) (err error) {
	var parsed any
	switch b.Type {
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(b.Bytes)
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(b.Bytes)
	case "PUBLIC KEY":
		parsed, err = x509.ParsePKIXPublicKey(b.Bytes)
	case "CERTIFICATE":
		var c *x509.Certificate
		if c, err = x509.ParseCertificate(b.Bytes); err == nil {
			parsed = c.PublicKey
		}
	default:
		return fmt.Errorf("there is a %q in it; wanted are a PRIVATE KEY and a PUBLIC KEY", b.Type)
	}
	if err != nil {
		return fmt.Errorf("its %s cannot be read", b.Type) // without the cause, which may quote the key
	}
	switch p := parsed.(type) {
	case *rsa.PrivateKey:
		k.private = p
	case *rsa.PublicKey:
		k.public = p
	default:
		return fmt.Errorf("its %s is not for RSA", b.Type)
	}
	return nil
}

func (k Key) sign(text []byte) ([]byte, error) {
	switch {
	case k.secret != nil:
		return k.mac(text), nil
	case k.private != nil:
		sum := sha256.Sum256(text)
		return rsa.SignPKCS1v15(rand.Reader, k.private, crypto.SHA256, sum[:])
	}
	return nil, errors.New("the key cannot sign")
}

func (k Key) verifies(text, signature []byte) bool {
	switch {
	case k.secret != nil:
		return hmac.Equal(k.mac(text), signature)
	case k.public != nil:
		sum := sha256.Sum256(text)
		return rsa.VerifyPKCS1v15(k.public, crypto.SHA256, sum[:], signature) == nil
	}
	return false
}

func (k Key) mac(text []byte) []byte {
	m := hmac.New(sha256.New, k.secret)
	m.Write(text)
	return m.Sum(nil)
}
