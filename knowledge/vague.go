package knowledge

import "strings"

var (
	// vagueWords name no trouble by themselves, only how it stands: 没解决, 成功了, 收到通知了. A message of nothing else
	// is a reply to something, and what it shares with the library is chance.
	vagueWords = strings.NewReplacer("不太懂", "", "怎么办", "", "解决", "", "处理", "", "成功", "", "失败", "", "随便", "", "清楚", "", "明白", "",
		"收到", "", "通知", "", "短信", "", "提示", "", "显示", "", "报错", "", "错误", "", "代码", "", "错", "", "扣", "", "懂", "", "行", "", "对", "",
		"太", "", "试", "", "刚", "", "帮", "", "看", "", "弄", "", "啦", "", "呗", "", "哈", "", "信息", "", "消息", "",
		"第一个", "", "第二个", "", "第三个", "", "第四个", "", "第一", "", "第二", "", "第三", "")
	// wayWords name how the customer paid. Alone they answer a question; with a trouble they tell it: 刷卡不行.
	wayWords = strings.NewReplacer("刷卡", "", "扫码", "", "插卡", "", "挥卡", "", "收款", "", "刷", "", "扫", "")
	badWords = []string{"不", "没", "失败"}
	// tellingWords are of vague characters, and yet name a trouble or ask what must not be missed.
	tellingWords = []string{"用不了", "再刷", "再收", "再扫", "重新刷", "重新收", "重刷", "重收"}
	// screenTalk stands around a code on the screen and says nothing beside it.
	screenTalk = strings.NewReplacer("交易", "", "应答码", "", "返回码", "", "错误码", "", "返回", "", "报", "", "弹出", "", "出现", "", "跳", "", "弹", "", "码", "",
		"屏幕", "", "pos", "", "一直", "", "老是", "", "还是", "")
)

// vague tells whether normalised words name no trouble. Beside a code that was cut out of them, also the words that go
// with any code say nothing.
func vague(words string, besideCode bool) bool {
	if containsAny(words, tellingWords) {
		return false
	}
	rest := vagueWords.Replace(words)
	if besideCode {
		rest = wayWords.Replace(screenTalk.Replace(rest))
	}
	if !containsAny(words, badWords) {
		rest = wayWords.Replace(rest)
	}
	return common(strings.ReplaceAll(rest, " ", ""))
}
