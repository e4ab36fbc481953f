package web

// What visitors are told when something cannot be done.
const (
	textEmpty       = "请先写点内容再发送。"
	textTooLong     = "这条太长了，最多 2000 个字，请分几条发。"
	textNotUTF8     = "这条里有无法识别的字符，请重新输入。"
	textBadFrame    = "这条消息的格式不对，请刷新页面后再试。"
	textBadCID      = "这条消息缺少编号，请刷新页面后再试。"
	textAuth        = "登录已过期，请刷新页面。"
	textForeign     = "这段对话不属于当前页面，请刷新页面。"
	textOrigin      = "这个网页没有接入客服，请从官方页面进入。"
	textSite        = "这个网页的客服没有开通，请联系网站管理员。"
	textIdentity    = "登录信息没有通过校验，请从官方页面重新登录。"
	textRate        = "发送太快了，请稍等几秒再试。"
	textNoPicture   = "没有收到图片，请再选一次。"
	textNoRecord    = "收单机构的记录现在查不到，请稍后再试。"
	textUnavailable = "系统忙，请稍后再试。您写的内容没有丢。"

	textPictureTooLarge = "图片最大 10 MB，请换一张小一点的再发。"
	textPixels          = "这张图片的像素太多了，最多 4000 万像素，请缩小后再发。"
	textBadType         = "只能发 JPG、PNG、GIF 或 WebP 图片，请换一张再发。"
	textUnreadable      = "这张图片打不开，请重新拍一张或截图再发。"
	textBrokeOff        = "图片没有传完，请再发一次。"
	textNoSpace         = "现在收不了图片，请先用文字写下屏幕上的代码或原文。"
	textNotAsked        = "现在没有要评价的服务。"
	textRatedLate       = "评价只能在 24 小时内填写和修改。"
	textHours           = "人工服务 %s（北京时间）"
	textBusy            = "客服暂时接待不过来，会按顺序接待您。"
	textLeft            = "留言已收到，客服会按顺序回复您。"
	textLeave           = "机器人随时可用，也可以留言，我们上班后回复。"
	textLeaveUntil      = "机器人随时可用，也可以留言，我们%s后回复。"
	textNoFile          = "这张图片没有找到，可能已经过期。"
)
