package wechatpay

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/utils"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

const (
	maxNotice  = 64 << 10
	takeFor    = 4 * time.Second // WeChat Pay waits 5 s
	sealedWith = "AEAD_AES_256_GCM"
	signedWith = "WECHATPAY2-SHA256-RSA2048"
)

// Notice is what WeChat Pay reports about a sub-merchant (document 4012079216). It comes more than once: Event.ID tells.
type Notice struct {
	contract.Event        // Raw is the type, e.g. VIOLATION.PUNISH
	Case           string // number of the measure
	Reason         contract.Reason
	Measure        contract.Measure
	Text           string // plan, description and risk, in WeChat Pay's words
	Person         bool   // has a word that is not known
	Since          int64  // when the measure was taken, milliseconds
}

// envelope is a notice as it arrives.
//
//	{"id":"EV-2018022511223320873","create_time":"2018-02-25T11:22:33+08:00","resource_type":"encrypt-resource","event_type":
//	 "VIOLATION.PUNISH","resource":{"algorithm":"AEAD_AES_256_GCM","ciphertext":"…","nonce":"…","associated_data":"violation"}}
type envelope struct {
	ID       string `json:"id" is:"ref"`
	At       string `json:"create_time"`
	Type     string `json:"event_type" is:"line,64"`
	Resource struct {
		Algorithm  string `json:"algorithm"`
		Ciphertext string `json:"ciphertext"`
		Nonce      string `json:"nonce"`
		Data       string `json:"associated_data"`
	} `json:"resource"`
}

// violation is what the resource says. The company's name is not read.
type violation struct {
	MchID       string `json:"sub_mchid"`
	Case        string `json:"record_id"`
	Plan        string `json:"punish_plan"` // a sentence, sometimes a word
	At          string `json:"punish_time"`
	Description string `json:"punish_description"`
	Risk        string `json:"risk_type"`
	RiskText    string `json:"risk_description"`
}

// Notices takes what WeChat Pay reports and hands it on. take is called for repetitions too and says in time, and durably, that it has
// the notice; an error has WeChat Pay send it again.
func (c *Client) Notices(take func(context.Context, Notice) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, status, err := c.notice(w, r)
		if err == nil {
			ctx, cancel := context.WithTimeout(r.Context(), takeFor)
			defer cancel()
			if err = take(ctx, n); err != nil {
				status, err = http.StatusInternalServerError, errors.New("not taken, send it again")
			}
		}
		if err != nil {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			io.WriteString(w, `{"code":"FAIL","message":"`+err.Error()+`"}`)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// notice reads a request. Its errors are fixed sentences that may be answered.
func (c *Client) notice(w http.ResponseWriter, r *http.Request) (n Notice, status int, err error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return n, http.StatusMethodNotAllowed, errors.New("POST only")
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return n, http.StatusUnsupportedMediaType, errors.New("JSON only")
	}
	if s := r.Header.Get("Wechatpay-Signature-Type"); s != "" && s != signedWith {
		return n, http.StatusUnauthorized, errors.New("signed in another way")
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotice))
	if big := new(http.MaxBytesError); errors.As(err, &big) {
		return n, http.StatusRequestEntityTooLarge, errors.New("too large")
	} else if err != nil {
		return n, http.StatusBadRequest, errors.New("it cannot be read")
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	if c.notices.Validate(r.Context(), r) != nil {
		return n, http.StatusUnauthorized, errors.New("the signature does not hold")
	}
	var e envelope
	if contract.Decode(data, &e) != nil {
		return n, http.StatusBadRequest, errors.New("it is no notice")
	}
	plain, ok := c.unseal(e)
	if !ok {
		return n, http.StatusInternalServerError, errors.New("it cannot be decrypted")
	}
	var v violation
	if contract.Decode([]byte(plain), &v) != nil || !number.MatchString(v.MchID) {
		return n, http.StatusBadRequest, errors.New("it names no merchant")
	}
	return read(e, v), http.StatusNoContent, nil
}

// unseal decrypts the resource.
func (c *Client) unseal(e envelope) (string, bool) {
	x := e.Resource
	if x.Algorithm != sealedWith || len(x.Nonce) != 12 { // the cipher panics on another length
		return "", false
	}
	plain, err := utils.DecryptAES256GCM(c.cfg.APIv3Key, x.Data, x.Nonce, x.Ciphertext)
	return plain, err == nil
}

func read(e envelope, v violation) Notice {
	kind, known := events[e.Type]
	if !known {
		kind = contract.EventOther
	}
	n := Notice{Event: contract.Event{ID: e.ID, Type: kind, Raw: acquirer.Line(e.Type, 200), Merchant: v.MchID, At: cmp.Or(ms(e.At), time.Now().UnixMilli())},
		Case: acquirer.Line(v.Case, 128), Since: ms(v.At), Person: !known}
	if n.Measure, known = measures[v.Plan]; !known {
		n.Measure = contract.MeasureOther // a sentence, which Text has
	}
	if n.Reason, known = risks[v.Risk]; !known {
		n.Reason, n.Person = contract.ReasonOther, n.Person || v.Risk != ""
	}
	n.Text = acquirer.Line(joined("；", v.Plan, v.Description, cmp.Or(v.RiskText, v.Risk)), 500)
	return n
}
