package wechat

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"

	"github.com/silenceper/wechat/v2/util"
)

// seal writes a text reply for a push, encrypted with the key that the push came with:
//
//	<xml><ToUserName><![CDATA[oABC]]></ToUserName><FromUserName><![CDATA[gh_1a2b]]></FromUserName><CreateTime>1700000000</CreateTime>
//	<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[…]]></Content></xml>
//
//	<xml><Encrypt><![CDATA[base64]]></Encrypt><MsgSignature><![CDATA[sha1]]></MsgSignature><TimeStamp>1700000000</TimeStamp>
//	<Nonce><![CDATA[…]]></Nonce></xml>
func (c *Channel) seal(env envelope, text string) ([]byte, error) {
	now := strconv.FormatInt(c.deps.Now().Unix(), 10)
	message := "<xml><ToUserName>" + cdata(env.to) + "</ToUserName><FromUserName>" + cdata(env.from) + "</FromUserName><CreateTime>" + now +
		"</CreateTime><MsgType><![CDATA[text]]></MsgType><Content>" + cdata(text) + "</Content></xml>"
	if env.key == "" {
		return []byte(message), nil
	}
	fresh := make([]byte, 16)
	_, _ = rand.Read(fresh) // never fails
	nonce := rand.Text()[:16]
	sealed, err := util.EncryptMsg(fresh, []byte(message), c.cfg.AppID, env.key)
	if err != nil {
		return nil, fmt.Errorf("encrypting the reply: %w", err)
	}
	signature := util.Signature(c.cfg.Token, now, nonce, string(sealed))
	return []byte("<xml><Encrypt>" + cdata(string(sealed)) + "</Encrypt><MsgSignature>" + cdata(signature) + "</MsgSignature><TimeStamp>" + now +
		"</TimeStamp><Nonce>" + cdata(nonce) + "</Nonce></xml>"), nil
}

// cdata writes text as it stands; an end mark inside is split over two sections.
func cdata(s string) string {
	return "<![CDATA[" + strings.ReplaceAll(clean(s), "]]>", "]]]]><![CDATA[>") + "]]>"
}
