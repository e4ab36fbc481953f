package signing

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The headers.
const (
	HeaderKey       = "Acquirer-Key-Id"
	HeaderAlgorithm = "Acquirer-Algorithm"
	HeaderTime      = "Acquirer-Timestamp"
	HeaderNonce     = "Acquirer-Nonce"
	HeaderDigest    = "Acquirer-Digest"
	HeaderSignature = "Acquirer-Signature"
)

// Skew is how far a timestamp may be from the receiver's clock.
const Skew = 5 * time.Minute

// Errors of a verification. They say which part is wrong and nothing of its content.
var (
	ErrUnsigned  = errors.New("it is not signed: a header is missing, there twice or malformed")
	ErrKey       = errors.New("it is signed with a key or algorithm that is not known")
	ErrTime      = errors.New("its timestamp is more than five minutes off: set the clocks of both sides")
	ErrDigest    = errors.New("its digest is not that of the body")
	ErrSignature = errors.New("its signature is wrong")
	ErrReplayed  = errors.New("its nonce was used before")
	ErrBusy      = errors.New("too many requests within five minutes to remember their nonces")
)

const (
	request = "REQUEST"
	answer  = "ANSWER"
)

// Request signs a request in its headers. body is what will be sent.
func Request(k Key, r *http.Request, body []byte, now time.Time) error {
	return k.seal(r.Header, request, []string{r.Method, r.URL.RequestURI()}, body, now)
}

// Answer signs the answer to a request in its headers.
func Answer(k Key, h http.Header, status int, asked http.Header, body []byte, now time.Time) error {
	return k.seal(h, answer, []string{strconv.Itoa(status), asked.Get(HeaderNonce)}, body, now)
}

// VerifyRequest says what is wrong with a request. seen may be nil where a repetition is harmless.
func VerifyRequest(k Key, r *http.Request, body []byte, now time.Time, seen *Nonces) error {
	nonce, err := k.open(r.Header, request, []string{r.Method, r.URL.RequestURI()}, body, now)
	if err != nil || seen == nil {
		return err
	}
	return seen.use(nonce, now)
}

// VerifyAnswer says what is wrong with the answer to a request that was signed with asked.
func VerifyAnswer(k Key, h http.Header, status int, asked http.Header, body []byte, now time.Time) error {
	_, err := k.open(h, answer, []string{strconv.Itoa(status), asked.Get(HeaderNonce)}, body, now)
	return err
}

func (k Key) seal(h http.Header, kind string, about []string, body []byte, now time.Time) error {
	h.Set(HeaderKey, k.ID)
	h.Set(HeaderAlgorithm, k.Algorithm)
	h.Set(HeaderTime, strconv.FormatInt(now.Unix(), 10))
	h.Set(HeaderNonce, rand.Text())
	h.Set(HeaderDigest, digest(body))
	s, err := k.sign(text(h, kind, about))
	if err != nil {
		return err
	}
	h.Set(HeaderSignature, base64.StdEncoding.EncodeToString(s))
	return nil
}

var (
	nonceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)
	timeForm  = regexp.MustCompile(`^[0-9]{10}$`)
)

// open verifies and returns the nonce.
func (k Key) open(h http.Header, kind string, about []string, body []byte, now time.Time) (string, error) {
	for _, name := range []string{HeaderKey, HeaderAlgorithm, HeaderTime, HeaderNonce, HeaderDigest, HeaderSignature} {
		if len(h[name]) != 1 {
			return "", ErrUnsigned
		}
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(h.Get(HeaderSignature))
	if err != nil || !nonceForm.MatchString(h.Get(HeaderNonce)) || !timeForm.MatchString(h.Get(HeaderTime)) {
		return "", ErrUnsigned
	}
	if k.ID == "" || !same(h.Get(HeaderKey), k.ID) || h.Get(HeaderAlgorithm) != k.Algorithm {
		return "", ErrKey
	}
	if !same(h.Get(HeaderDigest), digest(body)) {
		return "", ErrDigest
	}
	if !k.verifies(text(h, kind, about), signature) {
		return "", ErrSignature
	}
	// After the signature: a stranger learns nothing of our clock, and no timestamp of his is looked at.
	sent, err := strconv.ParseInt(h.Get(HeaderTime), 10, 64)
	if err != nil || now.Sub(time.Unix(sent, 0)).Abs() > Skew {
		return "", ErrTime
	}
	return h.Get(HeaderNonce), nil
}

// text is what is signed. None of its lines can hold a line feed: the parts are checked, and a URI has none.
func text(h http.Header, kind string, about []string) []byte {
	lines := append([]string{kind, h.Get(HeaderAlgorithm), h.Get(HeaderKey), h.Get(HeaderTime), h.Get(HeaderNonce), h.Get(HeaderDigest)}, about...)
	return []byte(strings.Join(lines, "\n") + "\n")
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
