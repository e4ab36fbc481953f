// Package paytest plays WeChat Pay for tests, as the documents named in package wechatpay describe it: it verifies what we sign, signs
// what it answers, sends notices, and can misbehave. It has keys of its own and no more knowledge of the real one than the documents.
package paytest

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"posdoctor/bot/acquirer/wechatpay"
)

// What the peer knows its service provider by.
const (
	MchID       = "1900000001"
	Serial      = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
	PublicKeyID = "PUB_KEY_ID_0119000000012026112300000000000001"
	APIv3Key    = "0123456789abcdef0123456789ABCDEF"
)

// keys are the provider's, the peer's and a stranger's. Making them takes longer than a test.
var keys = sync.OnceValue(func() (k struct{ provider, peer, stranger *rsa.PrivateKey }) {
	var wg sync.WaitGroup
	for _, to := range []**rsa.PrivateKey{&k.provider, &k.peer, &k.stranger} {
		wg.Go(func() {
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				panic(err)
			}
			*to = key
		})
	}
	wg.Wait()
	return k
})

// Answer is what the peer says to a path. The zero Status is 200.
type Answer struct {
	Status int
	Body   string
}

// Fault is how the peer misbehaves. The zero value is none.
type Fault struct {
	Slow     time.Duration // before it answers
	Unsigned bool
	Stranger bool          // signs with another key under its own name
	KeyID    string        // signs under another name
	Skew     time.Duration // of its clock
	Tamper   bool          // the body changes after it was signed
	Cut      bool          // the connection ends within the answer
	Redirect string
	Times    int // for so many requests only; 0: for all
}

// Peer is WeChat Pay. Ask it through RoundTrip, which works under testing/synctest, or serve it.
type Peer struct {
	mu      sync.Mutex
	answers map[string]Answer // by path with query, or by path
	fault   Fault
	asked   []string
	nonces  map[string]bool
	refused []string
}

// New returns a peer that answers NOT_FOUND to everything.
func New() *Peer { return &Peer{answers: map[string]Answer{}, nonces: map[string]bool{}} }

// Config is the provider's access to the peer.
func (p *Peer) Config() wechatpay.Config {
	return wechatpay.Config{MchID: MchID, Serial: Serial, Key: keys().provider, APIv3Key: APIv3Key, PublicKeyID: PublicKeyID,
		PublicKey: &keys().peer.PublicKey, Transport: p}
}

// Client is a client of the peer.
func (p *Peer) Client(t testing.TB) *wechatpay.Client {
	t.Helper()
	c, err := wechatpay.New(p.Config())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Set says what is answered to a path, with or without its query.
func (p *Peer) Set(path string, a Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[path] = a
}

// Misbehave sets the fault from now on.
func (p *Peer) Misbehave(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
}

// Asked returns the paths that were asked for with a signature that holds, and forgets them; refused are those without.
func (p *Peer) Asked() (asked, refused []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked, refused, p.asked, p.refused = p.asked, p.refused, nil, nil
	return asked, refused
}

var authorization = regexp.MustCompile(`^WECHATPAY2-SHA256-RSA2048 mchid="([0-9]+)",nonce_str="([0-9A-Za-z]{16,64})",timestamp="([0-9]{9,10})",serial_no="([0-9A-F]+)",signature="([A-Za-z0-9+/=]+)"$`)

// signed says what is wrong with a request, "" for nothing.
func (p *Peer) signed(r *http.Request, body []byte) string {
	m := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	switch {
	case m == nil:
		return "the Authorization header has another form"
	case m[1] != MchID || m[4] != Serial:
		return "another provider or certificate"
	case p.nonces[m[2]]:
		return "the nonce comes again"
	}
	p.nonces[m[2]] = true
	seconds, _ := strconv.ParseInt(m[3], 10, 64)
	if age := time.Since(time.Unix(seconds, 0)); age.Abs() > 5*time.Minute {
		return "the time is off"
	}
	text := r.Method + "\n" + r.URL.RequestURI() + "\n" + m[3] + "\n" + m[2] + "\n" + string(body) + "\n"
	sum := sha256.Sum256([]byte(text))
	sig, err := base64.StdEncoding.DecodeString(m[5])
	if err != nil || rsa.VerifyPKCS1v15(&keys().provider.PublicKey, crypto.SHA256, sum[:], sig) != nil {
		return "the signature does not hold"
	}
	if r.Header.Get("Accept") == "" || r.Header.Get("User-Agent") == "" {
		return "Accept and User-Agent are required"
	}
	return ""
}

func (p *Peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	f := p.fault
	if p.fault.Times > 0 {
		if p.fault.Times--; p.fault.Times == 0 {
			p.fault = Fault{}
		}
	}
	wrong := p.signed(r, body)
	a, known := p.answers[r.URL.RequestURI()]
	if !known {
		a, known = p.answers[r.URL.Path]
	}
	if wrong == "" {
		p.asked = append(p.asked, r.Method+" "+r.URL.RequestURI())
	} else {
		p.refused = append(p.refused, wrong)
	}
	p.mu.Unlock()

	w.Header().Set("Request-Id", "08F78BB5AF0610D302189F99DD5C20BA56F89845-0")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	switch {
	case wrong != "":
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, Refusal("SIGN_ERROR"))
		return
	case !known:
		a = Answer{http.StatusNotFound, Refusal("NOT_FOUND")}
	case a.Status == 0:
		a.Status = http.StatusOK
	}
	if f.Slow > 0 {
		select {
		case <-time.After(f.Slow):
		case <-r.Context().Done():
			return
		}
	}
	if f.Redirect != "" {
		w.Header().Set("Location", f.Redirect)
		w.WriteHeader(http.StatusTemporaryRedirect)
		return
	}
	if !f.Unsigned {
		sign(w.Header(), []byte(a.Body), f)
	}
	if f.Tamper {
		a.Body = strings.Replace(a.Body, "NO_", "NQ_", 1) + " "
	}
	if f.Cut {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(a.Status)
	io.WriteString(w, a.Body)
}

// Refusal is an error body as the vendor writes it. Its message names what must not be passed on.
func Refusal(code string) string {
	return fmt.Sprintf(`{"code":%q,"message":"商户 1230000110 的卡 6217000010000000003 有误","detail":{"field":"sub_mchid","value":"1230000110","issue":"x","location":"path"}}`, code)
}

func sign(h http.Header, body []byte, f Fault) {
	key, id := keys().peer, PublicKeyID
	if f.Stranger {
		key = keys().stranger
	}
	if f.KeyID != "" {
		id = f.KeyID
	}
	at, nonce := strconv.FormatInt(time.Now().Add(f.Skew).Unix(), 10), rand.Text()
	sum := sha256.Sum256([]byte(at + "\n" + nonce + "\n" + string(body) + "\n"))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	h.Set("Wechatpay-Timestamp", at)
	h.Set("Wechatpay-Nonce", nonce)
	h.Set("Wechatpay-Serial", id)
	h.Set("Wechatpay-Signature", base64.StdEncoding.EncodeToString(sig))
	h.Set("Wechatpay-Signature-Type", "WECHATPAY2-SHA256-RSA2048")
}

// RoundTrip carries a request to the peer without a socket in between.
func (p *Peer) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.RequestURI(), nil)
	in.Header = r.Header.Clone()
	rec := httptest.NewRecorder()
	ended := make(chan any, 1)
	go func() {
		defer func() { ended <- recover() }()
		p.ServeHTTP(rec, in)
	}()
	select {
	case x := <-ended:
		if x != nil {
			return nil, io.ErrUnexpectedEOF
		}
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		return rec.Result(), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// Notice is a notice on its way to us, encrypted and signed. Change what is signed by fault, what is in it by change.
func Notice(id, kind, resource string, f Fault, change func(map[string]any)) *http.Request {
	block, err := aes.NewCipher([]byte(APIv3Key))
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	nonce := rand.Text()[:12]
	x := map[string]any{"id": id, "create_time": "2026-11-23T09:00:00+08:00", "resource_type": "encrypt-resource", "event_type": kind, "summary": "处置",
		"resource": map[string]any{"algorithm": "AEAD_AES_256_GCM", "original_type": "violation", "nonce": nonce, "associated_data": "violation",
			"ciphertext": base64.StdEncoding.EncodeToString(gcm.Seal(nil, []byte(nonce), []byte(resource), []byte("violation")))}}
	if change != nil {
		change(x)
	}
	body, err := json.Marshal(x)
	if err != nil {
		panic(err)
	}
	h := http.Header{"Content-Type": {"application/json"}}
	if !f.Unsigned {
		sign(h, body, f)
	}
	if f.Tamper {
		body = append(body, ' ')
	}
	r := httptest.NewRequest(http.MethodPost, "/acquirer/wechatpay/notices", bytes.NewReader(body))
	r.Header = h
	return r
}
