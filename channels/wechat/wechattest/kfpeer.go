package wechattest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// KFPeer is WeCom as the callback of Customer Service sees it. It always encrypts, for the CorpID, and signs with msg_signature alone.
type KFPeer struct {
	URL      string
	Token    string
	CorpID   string
	AESKey   string
	Client   *http.Client
	Now      func() time.Time
	Patience time.Duration // 0: 5 s
}

func (p *KFPeer) peer() *Peer {
	return &Peer{URL: p.URL, Token: p.Token, AppID: p.CorpID, AESKey: p.AESKey, Account: p.CorpID, Client: p.Client, Now: p.Now, Patience: p.Patience}
}

// query signs what is sealed.
func (p *KFPeer) query(sealed string) url.Values {
	ts, nonce := p.peer().seconds(), strconv.FormatUint(uint64(binary.BigEndian.Uint32(random(4))), 10)
	return url.Values{"timestamp": {ts}, "nonce": {nonce}, "msg_signature": {Sign(p.Token, ts, nonce, sealed)}}
}

// Echo checks the URL as the WeCom console does: the answer is what stands in the sealed echostr, and nothing around it.
func (p *KFPeer) Echo(echo string) (Reply, error) {
	sealed := Encrypt(p.AESKey, p.CorpID, []byte(echo))
	q := p.query(sealed)
	q.Set("echostr", sealed)
	r, err := p.peer().do(http.MethodGet, q, nil)
	if err == nil && r.Status == http.StatusOK && string(r.Body) != echo {
		err = fmt.Errorf("echo is %q", r.Body)
	}
	if err == nil && r.Took > time.Second {
		err = fmt.Errorf("echo took %s, over 1 s", r.Took)
	}
	return r, err
}

// Event is the push that tells of something to fetch, before it is sealed:
//
//	<xml><ToUserName><![CDATA[ww12345678910]]></ToUserName><CreateTime>1348831860</CreateTime><MsgType><![CDATA[event]]></MsgType>
//	<Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVGcra996NR]]></Token>
//	<OpenKfId><![CDATA[wkxxxxxxx]]></OpenKfId></xml>
func (p *KFPeer) Event(account, token string) []byte {
	return XML(Field{"ToUserName", p.CorpID, false}, Field{"CreateTime", p.peer().seconds(), true}, Field{"MsgType", "event", false},
		Field{"Event", "kf_msg_or_event", false}, Field{"Token", token, false}, Field{"OpenKfId", account, false})
}

// Seal returns query and body of a push.
func (p *KFPeer) Seal(message []byte) (url.Values, []byte) {
	sealed := Encrypt(p.AESKey, p.CorpID, message)
	return p.query(sealed), XML(Field{"ToUserName", p.CorpID, false}, Field{"Encrypt", sealed, false}, Field{"AgentID", "", false})
}

// Post pushes query and body as they are. Only the status counts: nothing of the answer is shown to anybody.
func (p *KFPeer) Post(q url.Values, body []byte) (Reply, error) {
	return p.peer().do(http.MethodPost, q, body)
}

// Notify pushes once that there is something to fetch.
func (p *KFPeer) Notify(account, token string) (Reply, error) {
	q, body := p.Seal(p.Event(account, token))
	return p.Post(q, body)
}

// errRefused is a push that was not answered with 200.
var errRefused = errors.New("the callback refused the push")

// Insist notifies up to three times, until the answer is 200.
func (p *KFPeer) Insist(account, token string) (attempts []Attempt, err error) {
	for len(attempts) < 3 {
		start := time.Now()
		var r Reply
		r, err = p.Notify(account, token)
		a := Attempt{MS: time.Since(start).Milliseconds(), Status: r.Status}
		if err == nil && r.Status != http.StatusOK {
			err = fmt.Errorf("%w: status %d", errRefused, r.Status)
		}
		if err != nil {
			a.Fault = faultOf(err)
		}
		if attempts = append(attempts, a); err == nil {
			break
		}
	}
	return attempts, err
}
