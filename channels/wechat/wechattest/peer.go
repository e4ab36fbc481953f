package wechattest

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// Peer is WeChat, as one callback sees it. With an AESKey it pushes in safe mode, without one in plain mode. Account, Client and Now
// may be left out.
//
// WeChat cuts a push that is not answered after 5 seconds and sends it again, three times in all, with the same MsgId.
type Peer struct {
	URL      string
	Token    string
	AppID    string
	AESKey   string
	Account  string // the account's own name, gh_…
	Client   *http.Client
	Now      func() time.Time
	Patience time.Duration // 0: the 5 s of WeChat
}

// Field is one element of a push. Raw fields are written without CDATA, as WeChat writes numbers.
type Field struct {
	Name, Value string
	Raw         bool
}

// Reply is an answer as WeChat takes it.
type Reply struct {
	Status int
	Body   []byte // as it came over the wire
	Text   string // what the user sees; empty for "success" and an empty body
	To     string // whom the reply is addressed to
	Kind   string // Content-Type
	Took   time.Duration
}

// Silent says that the answer is one that shows the user nothing.
func (r Reply) Silent() bool { return r.Status == http.StatusOK && r.Text == "" }

// Patience is how long WeChat waits for an answer.
const Patience = 5 * time.Second

var lastID atomic.Int64

// NewMsgID returns an id that no other push of this process has.
func NewMsgID() string {
	return strconv.FormatInt(7_000_000_000_000_000_000+time.Now().Unix()%1_000_000*1_000_000+lastID.Add(1), 10)
}

// Message are the fields of a push of a kind, with a new MsgId.
func (p *Peer) Message(openid, kind string, more ...Field) []Field {
	return append(p.head(openid, kind), append([]Field{{"MsgId", NewMsgID(), true}}, more...)...)
}

func (p *Peer) head(openid, kind string) []Field {
	return []Field{{"ToUserName", p.account(), false}, {"FromUserName", openid, false}, {"CreateTime", p.seconds(), true}, {"MsgType", kind, false}}
}

// Text pushes a text message.
func (p *Peer) Text(openid, text string) (Reply, error) {
	return p.Push(p.Message(openid, "text", Field{"Content", text, false})...)
}

// Event pushes an event, e.g. subscribe, unsubscribe, SCAN, CLICK.
func (p *Peer) Event(openid, event, key string, more ...Field) (Reply, error) {
	return p.Push(append(p.head(openid, "event"), append([]Field{{"Event", event, false}, {"EventKey", key, false}}, more...)...)...)
}

// Push pushes fields once.
func (p *Peer) Push(fields ...Field) (Reply, error) { return p.PushXML(XML(fields...)) }

// Insist pushes as WeChat does: up to three times, until there is an answer in time. It returns the last answer and the attempts made.
func (p *Peer) Insist(fields ...Field) (r Reply, attempts int, err error) {
	for attempts = 1; ; attempts++ {
		if r, err = p.Push(fields...); err == nil && r.Status == http.StatusOK || attempts == 3 {
			return r, attempts, err
		}
	}
}

// XML writes fields as a push.
func XML(fields ...Field) []byte {
	var b bytes.Buffer
	b.WriteString("<xml>")
	for _, f := range fields {
		v := f.Value
		if !f.Raw {
			v = "<![CDATA[" + strings.ReplaceAll(v, "]]>", "]]]]><![CDATA[>") + "]]>"
		}
		fmt.Fprintf(&b, "<%s>%s</%s>", f.Name, v, f.Name)
	}
	b.WriteString("</xml>")
	return b.Bytes()
}

// PushXML pushes a body of the caller's, encrypted if the peer has a key.
func (p *Peer) PushXML(message []byte) (Reply, error) {
	q, body := p.Seal(message)
	return p.Post(q, body)
}

// Seal returns query and body of a push.
func (p *Peer) Seal(message []byte) (url.Values, []byte) {
	q := p.Query()
	if p.AESKey == "" {
		return q, message
	}
	sealed := Encrypt(p.AESKey, p.AppID, message)
	q.Set("encrypt_type", "aes")
	q.Set("msg_signature", Sign(p.Token, q.Get("timestamp"), q.Get("nonce"), sealed))
	return q, XML(Field{"ToUserName", p.account(), false}, Field{"Encrypt", sealed, false})
}

// Query is a signed query with a fresh timestamp and nonce.
func (p *Peer) Query() url.Values {
	ts, nonce := p.seconds(), strconv.FormatUint(uint64(binary.BigEndian.Uint32(random(4))), 10)
	return url.Values{"timestamp": {ts}, "nonce": {nonce}, "signature": {Sign(p.Token, ts, nonce)}, "openid": {"o-in-the-query-is-not-signed"}}
}

// Echo checks the URL as mp.weixin.qq.com does when it is set up.
func (p *Peer) Echo(echo string) (Reply, error) {
	q := p.Query()
	q.Set("echostr", echo)
	r, err := p.do(http.MethodGet, q, nil)
	if err == nil && r.Status == http.StatusOK && string(r.Body) != echo {
		err = fmt.Errorf("echo is %q", r.Body)
	}
	return r, err
}

// Post pushes query and body as they are. It returns an error when WeChat would show its user a failure of the account: no answer in
// time, or one with status 200 that is not a good reply. A refusal is no error; it is in Status.
func (p *Peer) Post(q url.Values, body []byte) (Reply, error) {
	r, err := p.do(http.MethodPost, q, body)
	if err != nil || r.Status != http.StatusOK || len(r.Body) == 0 || string(r.Body) == "success" {
		return r, err
	}
	r.Text, r.To, err = p.read(r.Body)
	return r, err
}

func (p *Peer) do(method string, q url.Values, body []byte) (Reply, error) {
	kind := ""
	if method == http.MethodPost {
		kind = "text/xml"
	}
	return p.request(method, q, kind, body)
}

func (p *Peer) request(method string, q url.Values, kind string, body []byte) (Reply, error) {
	patience := p.Patience
	if patience == 0 {
		patience = Patience
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, p.URL+"?"+q.Encode(), bytes.NewReader(body))
	if err != nil {
		return Reply{}, err
	}
	req.Header.Set("User-Agent", "Mozilla/4.0")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	client := p.Client
	if client == nil {
		client = http.DefaultClient
	}
	start := time.Now()
	res, err := client.Do(req)
	if err != nil {
		return Reply{}, err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return Reply{Status: res.StatusCode, Body: got, Kind: res.Header.Get("Content-Type"), Took: time.Since(start)}, err
}

// answer is a reply; in safe mode one is inside the Encrypt of another.
type answer struct {
	XMLName                                    xml.Name `xml:"xml"`
	ToUserName, FromUserName, MsgType, Content string
	CreateTime                                 int64
	Encrypt, MsgSignature, TimeStamp, Nonce    string
}

func (p *Peer) read(body []byte) (text, to string, err error) {
	var a answer
	if err = xml.Unmarshal(body, &a); err != nil {
		return "", "", fmt.Errorf("reply: %w", err)
	}
	if p.AESKey != "" {
		if a.Encrypt == "" {
			return "", "", errors.New("reply in clear to an encrypted push")
		}
		if a.MsgSignature != Sign(p.Token, a.TimeStamp, a.Nonce, a.Encrypt) {
			return "", "", errors.New("reply with a wrong signature")
		}
		inner, appID, err := Decrypt(p.AESKey, a.Encrypt)
		if err != nil {
			return "", "", fmt.Errorf("reply: %w", err)
		}
		if appID != p.AppID {
			return "", "", fmt.Errorf("reply for AppID %q", appID)
		}
		a = answer{}
		if err := xml.Unmarshal(inner, &a); err != nil {
			return "", "", fmt.Errorf("decrypted reply: %w", err)
		}
	}
	switch {
	case a.FromUserName != p.account() || a.ToUserName == "":
		return "", "", fmt.Errorf("reply from %q to %q", a.FromUserName, a.ToUserName)
	case a.CreateTime < 1_000_000_000 || a.CreateTime > 9_999_999_999:
		return "", "", fmt.Errorf("CreateTime %d is not in seconds", a.CreateTime)
	case a.MsgType != "text":
		return "", "", fmt.Errorf("MsgType %q", a.MsgType)
	case a.Content == "":
		return "", "", errors.New("reply without content")
	case len(a.Content) > 2048 || !utf8.ValidString(a.Content):
		return "", "", fmt.Errorf("content of %d bytes", len(a.Content))
	}
	return a.Content, a.ToUserName, nil
}

func (p *Peer) account() string {
	if p.Account == "" {
		return "gh_1a2b3c4d5e6f"
	}
	return p.Account
}

func (p *Peer) seconds() string {
	now := time.Now
	if p.Now != nil {
		now = p.Now
	}
	return strconv.FormatInt(now().Unix(), 10)
}

// Sign is the signature of both kinds: hex SHA-1 over the sorted parts, joined.
func Sign(parts ...string) string {
	sorted := slices.Sorted(slices.Values(parts))
	sum := sha1.Sum([]byte(strings.Join(sorted, "")))
	return hex.EncodeToString(sum[:])
}

// Encrypt seals a message: AES-256-CBC, key = base64(EncodingAESKey + "="), IV = its first 16 bytes, over 16 random bytes, the length
// as 4 bytes in network order, the message and the AppID, padded by PKCS#7 to 32 bytes. It panics on a key that is none.
func Encrypt(aesKey, appID string, message []byte) string {
	plain := random(16)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(message)))
	plain = append(append(plain, message...), appID...)
	pad := 32 - len(plain)%32
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, iv, err := cipherOf(aesKey)
	if err != nil {
		panic(err)
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}

// Decrypt opens what Encrypt sealed, and checks every byte of the padding.
func Decrypt(aesKey, sealed string) (message []byte, appID string, err error) {
	data, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, "", err
	}
	block, iv, err := cipherOf(aesKey)
	if err != nil {
		return nil, "", err
	}
	if len(data) == 0 || len(data)%32 != 0 {
		return nil, "", fmt.Errorf("%d bytes are not a multiple of 32", len(data))
	}
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	if pad < 1 || pad > 32 || !bytes.Equal(data[len(data)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, "", errors.New("bad padding")
	}
	data = data[:len(data)-pad]
	if len(data) < 20 {
		return nil, "", errors.New("too short")
	}
	n := binary.BigEndian.Uint32(data[16:20])
	if uint64(n) > uint64(len(data)-20) {
		return nil, "", errors.New("bad length")
	}
	return data[20 : 20+n], string(data[20+n:]), nil
}

func cipherOf(aesKey string) (cipher.Block, []byte, error) {
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil {
		return nil, nil, err
	}
	if len(key) != 32 {
		return nil, nil, fmt.Errorf("the key has %d bytes", len(key))
	}
	block, err := aes.NewCipher(key)
	return block, key[:16], err
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
