package signing

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// pairs are keys of both sides: what ours signs, theirs verifies.
var pairs = sync.OnceValue(func() map[string][2]Key {
	secret, err := Secret("posdoctor-1", strings.Repeat("s", 32))
	check(err)
	ours, err := rsa.GenerateKey(rand.Reader, 2048)
	check(err)
	theirs, err := rsa.GenerateKey(rand.Reader, 2048)
	check(err)
	a, err := PEM("posdoctor-1", append(private(ours), public(&theirs.PublicKey)...))
	check(err)
	b, err := PEM("posdoctor-1", append(public(&ours.PublicKey), private(theirs)...))
	check(err)
	return map[string][2]Key{HMAC: {secret, secret}, RSA: {a, b}}
})

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func private(k *rsa.PrivateKey) []byte {
	b, err := x509.MarshalPKCS8PrivateKey(k)
	check(err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b})
}

func public(k *rsa.PublicKey) []byte {
	b, err := x509.MarshalPKIXPublicKey(k)
	check(err)
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: b})
}

// message is what is tampered with: a request, or an answer to one with this nonce.
type message struct {
	r      *http.Request
	status int
	asked  http.Header
	body   []byte
	key    Key
	now    time.Time
}

func TestTampering(t *testing.T) {
	other, err := Secret("posdoctor-1", strings.Repeat("o", 32))
	check(err)
	set := func(name, value string) func(*message) {
		return func(m *message) { m.r.Header.Set(name, value) }
	}
	cases := []struct {
		name   string
		change func(*message)
		want   error
		only   string // request or answer, where it makes sense for one
	}{
		{"untouched", func(*message) {}, nil, ""},
		{"the clocks are nearly five minutes apart", func(m *message) { m.now = m.now.Add(Skew) }, nil, ""},
		{"five minutes and a second late", func(m *message) { m.now = m.now.Add(Skew + time.Second) }, ErrTime, ""},
		{"five minutes and a second early", func(m *message) { m.now = m.now.Add(-Skew - time.Second) }, ErrTime, ""},
		{"another timestamp", set(HeaderTime, fmt.Sprint(noon.Unix()+1)), ErrSignature, ""},
		{"a timestamp with a sign", set(HeaderTime, "+795392000"), ErrUnsigned, ""},
		{"a timestamp in milliseconds", set(HeaderTime, fmt.Sprint(noon.UnixMilli())), ErrUnsigned, ""},
		{"another nonce", set(HeaderNonce, "AAAAAAAAAAAAAAAAAAAAAAAAAA"), ErrSignature, ""},
		{"a short nonce", set(HeaderNonce, "A"), ErrUnsigned, ""},
		{"a nonce of two lines", set(HeaderNonce, "AAAAAAAAAAAAAAAA\nB"), ErrUnsigned, ""},
		{"another key id", set(HeaderKey, "posdoctor-2"), ErrKey, ""},
		{"no key id", set(HeaderKey, ""), ErrKey, ""},
		{"another algorithm", func(m *message) {
			m.r.Header.Set(HeaderAlgorithm, map[string]string{HMAC: RSA, RSA: HMAC}[m.r.Header.Get(HeaderAlgorithm)])
		}, ErrKey, ""},
		{"algorithm none", set(HeaderAlgorithm, "none"), ErrKey, ""},
		{"another body", func(m *message) { m.body = append(m.body, ' ') }, ErrDigest, ""},
		{"no body", func(m *message) { m.body = nil }, ErrDigest, ""},
		{"another body with its digest", func(m *message) { m.body = []byte("{}"); m.r.Header.Set(HeaderDigest, digest(m.body)) }, ErrSignature, ""},
		{"another digest", set(HeaderDigest, digest(nil)), ErrDigest, ""},
		{"an empty signature", set(HeaderSignature, ""), ErrSignature, ""},
		{"a signature that is no base64", set(HeaderSignature, "***"), ErrUnsigned, ""},
		{"a signature of zeros", set(HeaderSignature, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), ErrSignature, ""},
		{"two signatures", func(m *message) { m.r.Header.Add(HeaderSignature, m.r.Header.Get(HeaderSignature)) }, ErrUnsigned, ""},
		{"no digest", func(m *message) { m.r.Header.Del(HeaderDigest) }, ErrUnsigned, ""},
		{"no signature", func(m *message) { m.r.Header.Del(HeaderSignature) }, ErrUnsigned, ""},
		{"another secret", func(m *message) { m.key = other }, ErrSignature, HMAC},
		{"the zero key", func(m *message) { m.key = Key{} }, ErrKey, ""},
		{"another method", func(m *message) { m.r.Method = "GET" }, ErrSignature, request},
		{"another path", func(m *message) { m.r.URL.Path = "/v1/tickets2" }, ErrSignature, request},
		{"another query", func(m *message) { m.r.URL.RawQuery = "x=2" }, ErrSignature, request},
		{"another status", func(m *message) { m.status = 404 }, ErrSignature, answer},
		{"the answer to another request", func(m *message) { m.asked = http.Header{HeaderNonce: {"BBBBBBBBBBBBBBBBBBBB"}} }, ErrSignature, answer},
	}
	for algorithm, pair := range pairs() {
		for _, kind := range []string{request, answer} {
			for _, c := range cases {
				if c.only != "" && c.only != kind && c.only != algorithm {
					continue
				}
				t.Run(algorithm+" "+kind+" "+c.name, func(t *testing.T) {
					body := []byte(`{"title":"证照过期"}`)
					m := &message{r: httptest.NewRequest("POST", "/v1/tickets?x=1", bytes.NewReader(body)), status: 200,
						asked: http.Header{HeaderNonce: {"AAAAAAAAAAAAAAAAAAAA"}}, body: body, key: pair[1], now: noon}
					if kind == request {
						check(Request(pair[0], m.r, body, noon))
					} else {
						check(Answer(pair[0], m.r.Header, m.status, m.asked, body, noon))
					}
					c.change(m)
					var err error
					if kind == request {
						err = VerifyRequest(m.key, m.r, m.body, m.now, nil)
					} else {
						err = VerifyAnswer(m.key, m.r.Header, m.status, m.asked, m.body, m.now)
					}
					if !errors.Is(err, c.want) {
						t.Errorf("got %v, want %v", err, c.want)
					}
				})
			}
		}
	}
}

// A request does not pass as an answer, nor an answer as a request, though both sides have the same secret.
func TestKindsAreApart(t *testing.T) {
	k := pairs()[HMAC][0]
	r := httptest.NewRequest("GET", "/v1/notices", nil)
	check(Request(k, r, nil, noon))
	if err := VerifyAnswer(k, r.Header, 200, http.Header{HeaderNonce: {"x"}}, nil, noon); !errors.Is(err, ErrSignature) {
		t.Errorf("got %v", err)
	}
}

func TestNonces(t *testing.T) {
	k := pairs()[HMAC][0]
	seen := &Nonces{}
	r := httptest.NewRequest("POST", "/acquirer/events", nil)
	check(Request(k, r, nil, noon))
	steps := []struct {
		at   time.Duration
		want error
	}{{0, nil}, {0, ErrReplayed}, {-Skew, ErrReplayed}, {Skew, ErrReplayed}, {Skew + time.Second, ErrTime}}
	for _, s := range steps {
		if err := VerifyRequest(k, r, nil, noon.Add(s.at), seen); !errors.Is(err, s.want) {
			t.Errorf("at %v: got %v, want %v", s.at, err, s.want)
		}
	}

	// What is not rightly signed takes no room, and a full memory refuses until what is in it has run out.
	bad := httptest.NewRequest("POST", "/acquirer/events", nil)
	check(Request(k, bad, nil, noon))
	bad.URL.Path = "/x"
	if VerifyRequest(k, bad, nil, noon, seen) == nil || len(seen.until) != 1 {
		t.Errorf("%d nonces are remembered, want 1", len(seen.until))
	}
	for i := range maxNonces - 1 {
		check(seen.use(fmt.Sprint(i), noon))
	}
	if err := seen.use("one more", noon.Add(Skew)); !errors.Is(err, ErrBusy) {
		t.Errorf("a full memory says %v", err)
	}
	if err := seen.use("one more", noon.Add(2*Skew+2*time.Second)); err != nil || len(seen.until) != 1 {
		t.Errorf("later: %v, %d are remembered", err, len(seen.until))
	}
}

func TestNoncesAtOnce(t *testing.T) {
	seen := &Nonces{}
	var taken sync.Map
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			if seen.use("the same", noon) == nil {
				taken.Store(i, true)
			}
		})
	}
	wg.Wait()
	n := 0
	taken.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("one nonce was taken %d times", n)
	}
}

func TestKeys(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	check(err)
	k := pairs()[RSA][0]
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "no PRIVATE KEY"},
		{"no public key", private(k.private), "no PUBLIC KEY"},
		{"no private key", public(k.public), "no PRIVATE KEY"},
		{"small", append(private(small), public(&small.PublicKey)...), "less than 2048 bits"},
		{"broken", []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "cannot be read"},
		{"something else", pem.EncodeToMemory(&pem.Block{Type: "DSA PARAMETERS", Bytes: []byte("x")}), "DSA PARAMETERS"},
		{"right", append(private(k.private), public(k.public)...), ""},
	} {
		_, err := PEM("k", c.file)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := Secret("k", "short"); err == nil {
		t.Error("a short secret was taken")
	}
}
