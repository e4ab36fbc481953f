package wechattest

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Errcodes with a meaning of their own. The HTTP status is 200 for all of them.
const (
	OK               = 0
	Busy             = -1
	BadCredential    = 40001 // the token is not valid any more; at gettoken: a wrong corpsecret
	BadGrantType     = 40002
	BadOpenID        = 40003
	BadMediaType     = 40004
	BadMediaSize     = 40006
	BadMediaID       = 40007
	BadMessageType   = 40008
	BadAppID         = 40013
	BadToken         = 40014
	BadCharset       = 40033 // \uxxxx where the character itself must stand
	BadArgument      = 40058 // Customer Service
	BadURL           = 40066
	BadExternalUser  = 40096
	BadSecret        = 40125
	AddressRefused   = 40164
	BadAccountType   = 40200
	TokenMissing     = 41001
	MediaMissing     = 41005
	MediaIDMissing   = 41006
	OpenIDMissing    = 41009
	TokenExpired     = 42001
	NeedGET          = 43001
	NeedPOST         = 43002
	NeedFollower     = 43004
	EmptyBody        = 44002
	EmptyContent     = 44004
	MediaTooBig      = 45001
	ContentTooLong   = 45002
	TooManyArticles  = 45008
	TooManyCalls     = 45009
	TooManyInMinute  = 45011
	WindowOver       = 45015 // no grant is alive, or the user left
	QuotaUsed        = 45047
	BadTypingCommand = 45072
	TypingTooLate    = 45080
	TypingAlready    = 45081
	TooManyItems     = 45098
	NoMenu           = 46003
	BadJSON          = 47001
	Unauthorized     = 48001
	BadAgent         = 65401
	KFQuotaUsed      = 95001
	KFUnknownAccount = 95004
	KFBadToken       = 95007
	KFTooManyItems   = 95008
	KFBadItem        = 95009
	KFNotServicer    = 95014
	KFBadTransition  = 95016
	KFBadState       = 95018
)

var errmsgs = map[int]string{
	Busy:             "system error",
	BadCredential:    "invalid credential, access_token is invalid or not latest",
	BadGrantType:     "invalid grant_type",
	BadOpenID:        "invalid openid",
	BadMediaType:     "invalid media type",
	BadMediaSize:     "invalid media size",
	BadMediaID:       "invalid media_id",
	BadMessageType:   "invalid message type",
	BadAppID:         "invalid appid",
	BadToken:         "invalid access_token",
	40016:            "invalid button size",
	40017:            "invalid button type",
	40018:            "invalid button name size",
	40019:            "invalid button key size",
	40020:            "invalid button url size",
	40023:            "invalid sub button size",
	40024:            "invalid sub button type",
	40025:            "invalid sub button name size",
	40026:            "invalid sub button key size",
	40027:            "invalid sub button url size",
	BadCharset:       `invalid charset. please check your request, if include \uxxxx will create fail!`,
	BadArgument:      "invalid request parameter",
	BadURL:           "invalid url",
	BadExternalUser:  "invalid external userid",
	40113:            "unsupported file type",
	BadSecret:        "invalid appsecret",
	AddressRefused:   "invalid ip 127.0.0.1, not in whitelist",
	BadAccountType:   "invalid account type",
	TokenMissing:     "access_token missing",
	MediaMissing:     "media data missing",
	MediaIDMissing:   "missing media_id",
	OpenIDMissing:    "missing openid",
	TokenExpired:     "access_token expired",
	NeedGET:          "require GET method",
	NeedPOST:         "require POST method",
	NeedFollower:     "require subscribe",
	EmptyBody:        "empty post data",
	EmptyContent:     "empty content",
	MediaTooBig:      "media size out of limit",
	ContentTooLong:   "content size out of limit",
	TooManyArticles:  "article size out of limit",
	TooManyCalls:     "reach max api daily quota limit",
	TooManyInMinute:  "api minute-quota reach limit  mustslower  retry next minute",
	WindowOver:       "response out of time limit or subscription is canceled",
	QuotaUsed:        "out of response count limit",
	BadTypingCommand: "invalid command",
	TypingTooLate:    "need sending message to user, or recving message from user in the last 30 seconds before typing",
	TypingAlready:    "already in typing state, typing will last for 15 seconds",
	TooManyItems:     "msgmenu list size is out of limit",
	NoMenu:           "menu no exist",
	BadJSON:          "data format error",
	Unauthorized:     "api unauthorized",
	50002:            "user limited",
	BadAgent:         "invalid custom service account",
	KFQuotaUsed:      "send msg count limit",
	KFUnknownAccount: "open_kfid not exist",
	KFBadToken:       "invalid msg token",
	KFTooManyItems:   "msgmenu list size is out of limit",
	KFBadItem:        "invalid msgmenu item type",
	KFNotServicer:    "user is not servicer",
	KFBadTransition:  "invalid session status transition",
	KFBadState:       "send msg session status invalid",
}

// reply is a JSON object to be sent. Without errcode it is one of those that have none when they succeed, as a token.
type reply map[string]any

func done() reply { return reply{"errcode": OK, "errmsg": "ok"} }

// refuse is the answer of an errcode. The words after it differ from call to call, as those of WeChat:
//
//	{"errcode":45015,"errmsg":"response out of time limit or subscription is canceled rid: 61655d5b-0b67106b-797933d8"}
func refuse(code int) reply { return refuseWith(code, "") }

func refuseWith(code int, words string) reply {
	if words == "" {
		words = errmsgs[code]
	}
	if words == "" {
		words = "error"
	}
	part := func() string { return hex.EncodeToString(random(4)) }
	return reply{"errcode": code, "errmsg": fmt.Sprintf("%s rid: %s-%s-%s", words, part(), part(), part())}
}

// asWork is how qyapi.weixin.qq.com ends the words, which has hints and no rid:
//
//	send msg session status invalid, hint: [1645025097593810238423219], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=95018
func (r reply) asWork() reply {
	code := r.code()
	if code == OK {
		return r
	}
	words, _, _ := strings.Cut(r["errmsg"].(string), " rid: ")
	digits := new(strings.Builder)
	for _, b := range random(12) {
		digits.WriteString(strconv.Itoa(100 + int(b)%900))
	}
	r["errmsg"] = fmt.Sprintf("%s, hint: [%s], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=%d", words, digits.String()[:25], code)
	return r
}

// code is the errcode, 0 for an answer without one.
func (r reply) code() int {
	code, _ := r["errcode"].(int)
	return code
}
