package bot

// What merchants read of ratings. It stands here and not in the flow, because an episode that began under an older flow is rated too.
const (
	textAskScore      = "这次服务您满意吗？"
	textAskSolved     = "谢谢您的评价。问题解决了吗？"
	textSolved        = "解决了"
	textUnsolved      = "没解决"
	textThanks        = "谢谢您的评价。想补充的话，发「评价：」加上您的话就行。"
	textStillUnsolved = "谢谢，已经记下。要接着处理，请直接写现在的情况，或发「转人工」。"
	textRatedLate     = "评价的时间已经过了，谢谢您。有新问题直接写，我在。"
	textRating        = "评价"
)

// textScore are the scores, 5 is best.
var textScore = [...]string{1: "很不满意", 2: "不满意", 3: "一般", 4: "满意", 5: "很满意"}
