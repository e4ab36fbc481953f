package wechat

import (
	"strconv"
	"strings"

	"posdoctor/bot"
)

// What agents read of messages that did not, or may not have, arrived: why, and what to do. The code stands behind it, for who asks WeChat.

// Explain says for an agent what became of a delivery that did not simply go out, "" for one that did.
func Explain(d bot.Delivery) string {
	switch d.State {
	case bot.DeliveryUnsure:
		return "微信没有答复，这条可能已送达，也可能没有。系统不会自动重发；请先问商户收到没有，没收到再发一遍。"
	case bot.DeliveryDropped:
		if d.Carries != "" && d.Carries != bot.CarriesRating {
			return droppedPicture(d.Reason)
		}
		if d.Carries == bot.CarriesRating {
			return "评价邀请没有发出，商户已经有新的消息，不再补发。"
		}
		return "这是智能助手的话，人工接入后不再发送。"
	case bot.DeliveryHeld:
		return waiting(d.Reason)
	}
	return ""
}

// droppedPicture says why a picture is not sent any more.
func droppedPicture(reason string) string {
	if reason == reasonGone {
		return "这张图片等得太久，已经过期，没有发给商户。要用请重新发一次。"
	}
	return "微信不收这张图片，没有发给商户。请换一张再发，或用文字说明。" + codeIn(reason)
}

// waiting says why a delivery waits. Every code that is acted on (see moves) has a sentence; any other is told with its number.
func waiting(reason string) string {
	if say, ok := heldFor[reason]; ok {
		return say + codeIn(reason)
	}
	if t, ok := strings.CutPrefix(reason, failedMark); ok {
		return "微信没能把这条送到，商户下次来消息时一并补发；急事请打电话。" + codeIn(t)
	}
	if _, err := strconv.ParseInt(reason, 10, 64); err == nil {
		return "微信不收这条，原因要查错误码；商户下次来消息时再试。急事请打电话，并把错误码告诉管理员。" + codeIn(reason)
	}
	return "这条还没有发出，商户下次来消息时补发。"
}

const (
	sayClosed  = "商户超过 48 小时没有来消息，微信不让主动发。他下次来消息时自动补发；急事请打电话。"
	sayUsed    = "这次会话的条数已用完，要等商户再来一条消息才能继续发。急事请打电话。"
	sayGone    = "商户已取消关注，收不到消息。他重新关注并来消息后补发；急事请打电话。"
	sayEnded   = "这次会话在微信客服里已经结束或由企业微信的同事接待，现在发不了。商户下次来消息时补发。"
	sayToken   = "微信的访问凭证失效，系统正在换新的，稍后自动再发，不用重发。"
	sayBusy    = "微信系统繁忙，稍后自动再发，不用重发。"
	sayLater   = "发送太频繁，一分钟后自动再发，不用重发。"
	sayDay     = "今天的发送次数用完了，明天零点后自动再发。急事请打电话。"
	sayAdmin   = "公众号或企业微信的配置有问题，消息发不出去。请马上告诉管理员；恢复后自动补发。"
	sayRight   = "这个账号没有主动发消息的权限，商户下次来消息时一并带给他。急事请打电话。"
	sayRefused = "商户拒收了消息，发不过去。请打电话联系，或等他来消息。"
)

// heldFor is by errcode, by fail_type of msg_send_fail, and by our own words.
var heldFor = map[string]string{
	reasonMore:    "这条太长，后半段等商户回复后继续发。",
	"unreachable": "现在连不上微信，系统会自动再试，不用重发。",

	"-1":    sayBusy,
	"40001": sayToken, "40014": sayToken, "42001": sayToken,
	"40003": sayGone, "43004": sayGone,
	"40013": sayAdmin, "40125": sayAdmin, "40164": sayAdmin, "50002": sayAdmin, "48002": sayAdmin, "60020": sayAdmin, "95004": sayAdmin,
	"40200": "这个账号发不了菜单，系统会改成数字选项再发，不用重发。",
	"48001": sayRight,
	"45002": "这条太长，系统会拆开再发，不用重发。", "40058": "这条太长，系统会拆开再发，不用重发。",
	"45009": sayDay, "45011": sayLater, "45033": sayLater,
	reasonClosed: sayClosed, reasonUsed: sayUsed, "95001": sayUsed, "95018": sayEnded,
	"45098": "选项太多，微信不收菜单，系统会改成数字选项再发，不用重发。",
	"45008": "微信不收这条的格式，没有发出。请用文字重写一条再发，并把错误码告诉管理员。",
	"40033": "这条里有微信不收的字符，没有发出。请换个写法再发一条。",
	"47001": "微信不收这条的格式，没有发出。请用文字重写一条再发，并把错误码告诉管理员。",
	"40007": "微信没有认出这张图片，系统会重新上传再发，不用重发。",
	"40096": "企业微信里找不到这位客户，发不过去。请打电话联系。",

	failed(0): "微信没能把这条送到，原因没有说。商户下次来消息时补发；急事请打电话。",
	failed(1): sayAdmin, failed(2): sayAdmin,
	failed(failExpired): sayClosed, failed(failEnded): sayEnded, failed(failUsed): sayUsed, failed(failRefused): sayRefused,
}

// codeIn is a code to tell along, "" for a word of ours.
func codeIn(reason string) string {
	code := strings.TrimPrefix(reason, failedMark)
	if _, err := strconv.ParseInt(code, 10, 64); err != nil {
		return ""
	}
	return "（错误码 " + code + "）"
}

// ExplainWindow says for an agent why nothing can be sent now and what to do, "" when something can.
func ExplainWindow(w bot.Window) string {
	if w.Left > 0 {
		return ""
	}
	switch w.Why {
	case "used":
		return sayUsed
	case "gone":
		return sayGone
	case "passive":
		return "这个公众号只能回复商户的消息，不能主动发。您写的内容会在他下次来消息时一并带给他；急事请打电话。"
	}
	return "现在不能主动给商户发消息：他超过 48 小时没有来消息，或会话已经结束。您写的内容会在他下次来消息时补发；急事请打电话。"
}

// Explain tells an agent what became of a delivery. See server/web.
func (*Channel) Explain(d bot.Delivery) string { return Explain(d) }

// ExplainWindow tells an agent why nothing can be sent. See server/web.
func (*Channel) ExplainWindow(w bot.Window) string { return ExplainWindow(w) }

// Explain tells an agent what became of a delivery. See server/web.
func (*KF) Explain(d bot.Delivery) string { return Explain(d) }

// ExplainWindow tells an agent why nothing can be sent. See server/web.
func (*KF) ExplainWindow(w bot.Window) string { return ExplainWindow(w) }
