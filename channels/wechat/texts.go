package wechat

// What merchants read here and the library does not say.
const (
	textMore      = "（还有后文，回复任意字继续看）"
	textLater     = "结果出来后，您再发一条消息就能看到。"
	textPick      = "（回复数字即可）"
	textAgent     = "客服 "
	textNoPicture = "（这里收不到图片，请回复一句，客服会用文字说明）"
	textTooLong   = "这条太长了，请挑最要紧的一句发来。"
	textPool      = "企业微信接待池"
	textLabel     = "（智能助手自动回复）"
)
