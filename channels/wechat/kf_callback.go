package wechat

import (
	"encoding/xml"
	"io"
	"net/http"

	"github.com/silenceper/wechat/v2/util"
)

// notice is what a push says: there is something to fetch for an account, with this token within 10 minutes.
//
//	<xml><ToUserName><![CDATA[ww12345678910]]></ToUserName><CreateTime>1348831860</CreateTime><MsgType><![CDATA[event]]></MsgType>
//	<Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVGcra996NR]]></Token>
//	<OpenKfId><![CDATA[wkAJ2GCAAAZSfhHCt7IFSvLKtMPxyJTw]]></OpenKfId></xml>
type notice struct {
	Event    string
	Token    string
	OpenKfId string
}

// ServeHTTP is the callback.
//
//	GET  ?msg_signature=…&timestamp=1700000000&nonce=123&echostr=base64  -> what is sealed in echostr, when the URL is set up
//	POST ?msg_signature=…&timestamp=1700000000&nonce=123                 -> "success"
//	     <xml><ToUserName>…</ToUserName><Encrypt>base64</Encrypt><AgentID></AgentID></xml>
//
// 403, 400 and 413 mean that the push is not from WeCom or cannot be read; their body is empty. 503: come again. A push is acknowledged
// before anything is fetched, see the package's Why.
func (k *KF) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	message, err := k.receive(w, r)
	if err != nil {
		refuse(w, k.log, err)
		return
	}
	if r.Method == http.MethodGet {
		plainHeader(w)
		_, _ = w.Write(message)
		return
	}
	var n notice
	if err := xml.Unmarshal(cleanBytes(message), &n); err != nil {
		refuse(w, k.log, malformed("broken XML"))
		return
	}
	if n.Event == "kf_msg_or_event" {
		if n.OpenKfId == "" || len(n.OpenKfId) > 128 || len(n.Token) > 512 {
			refuse(w, k.log, malformed("no OpenKfId"))
			return
		}
		if err := k.wake(r.Context(), n.OpenKfId, n.Token); err != nil {
			k.log.Error("a push of Customer Service was not taken", "err", err)
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
	}
	plainHeader(w)
	_, _ = io.WriteString(w, "success")
}

// receive returns what is sealed in a request. Only msg_signature counts: it covers what is sealed, and nothing else is read.
func (k *KF) receive(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	q := r.URL.Query()
	sealed := q.Get("echostr")
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		return nil, &refusal{http.StatusMethodNotAllowed, "method"}
	}
	if err := fresh(q.Get("timestamp"), k.deps.Now()); err != nil { // before a body is read
		return nil, err
	}
	if r.Method == http.MethodPost {
		body, err := bodyOf(w, r)
		if err != nil {
			return nil, err
		}
		outer, err := parsePush(body)
		if err != nil {
			return nil, err
		}
		sealed = outer.Encrypt
	}
	if sealed == "" || len(sealed) > maxBody {
		return nil, malformed("nothing sealed")
	}
	if !same(q.Get("msg_signature"), util.Signature(k.cfg.Token, q.Get("timestamp"), q.Get("nonce"), sealed)) {
		return nil, forbidden("msg_signature")
	}
	message, _, ok := decrypt(k.cfg.CorpID, sealed, k.cfg.keys())
	if !ok {
		return nil, forbidden("not encrypted with wechat-kf-aes-key for wechat-kf-corp-id")
	}
	return message, nil
}
