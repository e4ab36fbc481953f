package importer

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"posdoctor/knowledge"
)

// sign is a form of lines that are no content, by what they say and how long they may be.
type sign struct {
	why  string
	form *regexp.Regexp
	most int // characters
}

// signs of page furniture, in the order in which they are tried.
var signs = []sign{
	{"copy button", regexp.MustCompile(`(?i)^(?:点击|一键|长按|微信号?|链接|口令|文本|内容|代码|全文|已|成功)*复制(?:成功|失败|链接|微信号?|全文|代码|文本|内容|口令|以上|到剪贴板)*[!！。~]*$|^(?:copy|copied)(?: (?:link|code|text|url|to clipboard|successfully))*!?$`), 24},
	{"breadcrumb", regexp.MustCompile(`^(?:您?的?当前位置|您现在的位置|您的位置|现在位置|首页)\s*[:：>»›/].*$|^[^。！？]{1,16}(?:\s*[>»›]\s*[^。！？>»›]{1,30}){1,6}$`), 100},
	{"share bar", regexp.MustCompile(`^(?:分享(?:到|至|给|本文)?|收藏|点赞|赞|打赏|转发|关注我们|扫一扫.{0,12}|微信扫一扫.{0,12}|微信|朋友圈|微信好友|QQ空间|QQ好友|新浪微博|微博|豆瓣|海报|生成海报|举报|在看)(?:[\s:：|/·]*(?:分享|收藏|点赞|赞|打赏|转发|微信|朋友圈|微信好友|QQ空间|QQ好友|新浪微博|微博|豆瓣|海报|举报|在看|\(?\d+\)?))*$`), 40},
	{"neighbouring pages", regexp.MustCompile(`^[<«‹]?\s*(?:上|下|前|后)一?(?:篇|页|条|章)(?:文章)?\s*(?:[:：>»›].*)?$`), 80},
	{"date line", regexp.MustCompile(`^(?:(?:发布|发表|更新|编辑|修改|创建)?(?:时间|日期|于)?\s*[:：]?\s*)?\d{4}\s*[-/年.]\s*\d{1,2}\s*[-/月.]\s*\d{1,2}\s*日?.{0,40}$`), 70},
	{"data about the page", regexp.MustCompile(`^(?:标签|关键词|关键字|[Tt]ags?|分类|栏目|来源|文章来源|作者|编辑|责编|责任编辑|出处|原文链接|本文链接|本文地址|阅读|阅读量|阅读次数|浏览|浏览量|浏览次数|点击|热度|评论|字号|字数|发布者|发布人)\s*(?:[:：(（]|\d).*$`), 120},
	{"copyright notice", regexp.MustCompile(`(?i)版权(?:所有|声明|归)|转载(?:请|须|需)|未经.{0,8}(?:许可|授权)|免责声明|copyright|©|ICP备|公网安备|all rights reserved`), 200},
	{"menu", regexp.MustCompile(`^(?:首页|返回首页|返回顶部|回到顶部|返回列表|登录|注册|登录[/|]注册|联系我们|关于我们|网站地图|友情链接|在线客服|人工客服|返回|更多|更多>*|查看更多|展开全文|阅读全文|点击展开|收起|搜索|评论|发表评论|暂无评论|目录收起)$`), 20},
}

// Signs of an advertisement. What asks a reader to get in touch or to buy is one by itself; the rest counts.
var (
	contact = regexp.MustCompile(`(?i)(?:加|添加|搜索?|联系|咨询)(?:我|下方|客服|老师|经理|小编|站长)*的?(?:个人)?(?:微信|vx\b|v信|薇信|威信|wx\b|企鹅|qq)|(?:微信|vx|v信|薇信|威信|wx|qq)(?:号|同号)?\s*[:：]?\s*[a-z0-9_-]*\d[a-z0-9_-]{4,}|(?:微信|电话)同号|扫(?:描|码)?.{0,6}二维码.{0,8}(?:添加|咨询|领取|办理|加)|扫码(?:添加|咨询|领取|办理|进群)`)
	buy     = regexp.MustCompile(`(?i)(?:立即|马上|点击|在线|我要|火速|赶紧|欢迎)(?:前来|来电|在线|免费)*(?:申请|办理|领取|购买|咨询|下单|报名|订购|加盟|代理)|免费(?:领取|办理|申请|送|包邮|领)|名额有限|限时(?:优惠|特价|免费)|包邮|0元(?:领|办|购)|诚招.{0,4}代理|招商加盟`)
	phone   = regexp.MustCompile(`(?:^|\D)(?:1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}|400[-\s]?\d{3,4}[-\s]?\d{3,4}|0\d{2,3}-\d{7,8})(?:\D|$)`)
	site    = regexp.MustCompile(`(?i)(?:https?://|www\.)\S+|[a-z0-9-]{2,}\.(?:com|cn|net|org|top|xyz|vip|cc|shop|site)\b`)
	price   = regexp.MustCompile(`(?:仅需|只要|低至|原价|特价|优惠价|售价|一台)\s*[:：]?\s*\d|\d+\s*元(?:一台|/台|每台|起)|[¥￥]\s*\d`)
	ranking = regexp.MustCompile(`排行榜?|前十名?|十大|哪个(?:牌子|品牌)?(?:好|靠谱|正规)|哪家(?:好|靠谱|正规)|推荐(?:品牌|机型)|品牌推荐|口碑`)
	apply   = regexp.MustCompile(`(?i)(?:办理|申请|申领|领取|购买|订购)(?:一台|各种|个人)?(?:拉卡拉|银联|正规|官网)?(?:pos|刷卡|收款)机?|pos机?(?:怎么|如何|哪里|在哪|官网|免费|个人)*(?:办理|申请|购买|领取)`)
	praise  = regexp.MustCompile(`正规|一清|龙头|支付牌照|大品牌|大公司|靠谱|安全稳定|稳定(?:性)?著称|手续费(?:稳定|低)|不涨(?:价|手续费|费率)|低(?:费率|手续费)|到账(?:快|及时|稳定)|秒到账|质量好|操作也?很?(?:方便|简单)|流程简单|特别适合|值得信赖|首选|权威|知名|信赖|安全又|性价比`)
	brand   = regexp.MustCompile(`拉卡拉|盛付通|瑞银信|银盛|随行付|海科|乐刷|合利宝|付临门|移联|中付|星驿付|现代支付|杉德|通联|汇付|嘉联|开店宝|快钱|富友|联动优势|国通|星支付|畅捷|立刷|点刷|点付|金控|钱宝|易生|卡友|银联商务|喔刷|即富|和融通`)
	teaser  = regexp.MustCompile(`(?:…+|\.{3,}|。{3,})\s*(?:\[?(?:详情|详细|全文|更多)\]?)?$`)
	hotline = regexp.MustCompile(`95\d{3}|123\d{2}|1231[0-9]`)
)

// advertises tells why a text is an advertisement, "" when it is none. Points in a list need more signs than other lines:
// a cause may well say that a machine was bought from nobody proper.
func advertises(b block) string {
	t := b.text
	switch {
	case contact.MatchString(t):
		return "advertisement: asks to add an account"
	case phone.MatchString(t) && !hotline.MatchString(phone.FindString(t)):
		return "advertisement: names a phone number"
	case buy.MatchString(t):
		return "advertisement: asks to apply or buy"
	case price.MatchString(t) && (brand.MatchString(t) || apply.MatchString(t)):
		return "advertisement: names a price"
	case site.MatchString(t) && b.kind != item && !isQuestion(t):
		return "advertisement: names a site"
	}
	score := 0
	named := brand.MatchString(t)
	if named {
		score++
	}
	n := len(praise.FindAllStringIndex(t, -1))
	if named || teaser.MatchString(t) {
		score += min(n, 2)
	} else {
		score += min(n, 1)
	}
	for _, s := range []*regexp.Regexp{ranking, apply, teaser} {
		if s.MatchString(t) {
			score++
		}
	}
	least := 2
	if b.kind == item || b.role != plain {
		least = 3
	}
	switch {
	case score < least:
		return ""
	case teaser.MatchString(t):
		return "advertisement: the beginning of another page"
	case named && n > 0:
		return "advertisement: praises a brand"
	}
	return "advertisement: where to get machines"
}

// others announces what else a site has to offer; what follows is not of the article.
var others = regexp.MustCompile(`^(?:【|\[)?(?:与?.{0,8}相关的?|推荐|热门|热销|猜你喜欢|猜您喜欢|大家都在看|大家还在看|延伸|扩展|更多|最新|最近|精选|为您推荐|为你推荐|你可能(?:还|也)?(?:喜欢|想看|感兴趣)的?|您可能(?:还|也)?(?:喜欢|想看|感兴趣)的?|随机|站内|其他|关联)[^，。：？?]{0,10}?(?:产品|文章|阅读|推荐|资讯|机型|商品|链接|新闻|导航|服务|内容|标签|搜索|帖子|pos机|POS机)(?:】|\])?$|^(?:猜你喜欢|猜您喜欢|大家都在看|为您推荐|为你推荐|相关推荐|推荐阅读|延伸阅读|友情链接|热门推荐|产品推荐|产品中心)$`)

// contents announces a table of contents.
var contents = regexp.MustCompile(`(?i)^(?:本文|文章|全文)?(?:目录|目录导读|内容导读|导读|内容导航|内容目录|快速导航|大纲)(?:导读|一览)?\s*[:：]?$|^(?:table of )?contents\s*:?$`)

// tidy drops what is no content by its own words or its place, and leaves the rest in order.
func tidy(d *document) {
	blocks := d.blocks
	d.blocks = nil
	title := titleOf(blocks)
	later := laterHeadings(blocks)
	seen := map[string]int{}
	intro := 0 // line of the heading that announces other pages, 0 for none
	index := false
	kept := make([]block, 0, len(blocks))
	for i, b := range blocks {
		key := knowledge.Normalize(b.text)
		why := ""
		switch {
		case b.part != "":
			why = b.part
		case key == "":
			why = "no words"
		}
		if why == "" {
			for _, s := range signs {
				if utf8.RuneCountInString(b.text) <= s.most && s.form.MatchString(b.number+b.text) {
					why = s.why
					break
				}
			}
		}
		// A table of contents: its heading, and lines below that are headings later on.
		switch {
		case why != "":
		case contents.MatchString(b.text):
			index, why = true, "table of contents"
		case b.anchor && b.kind != heading:
			why = "table of contents"
		case index && later[key] > i && !b.sentence():
			why = "table of contents"
		case index && b.kind == item && !b.sentence() && utf8.RuneCountInString(b.text) <= 40 && later[key] == 0 && !followed(blocks, i):
			why = "table of contents"
		case b.kind == item && later[key] > i && neighbours(blocks, i, later):
			why = "table of contents"
		default:
			index = false
		}
		if why == "" && others.MatchString(b.text) && !contentLike(b) && b.role == plain {
			intro = b.line
			why = "announces other pages"
		} else if why == "" && intro > 0 {
			if about(b, title) && (b.kind == heading || b.kind == item && b.number != "" || b.role == question) && advertises(b) == "" && !b.linked && !teaser.MatchString(b.text) && seen[key] == 0 {
				intro = 0
			}
		}
		if why == "" {
			why = advertises(b)
		}
		if first := seen[key]; why == "" && first > 0 && (b.number == "" || b.linked) && b.role == plain && !(b.kind == heading && aspectOf(b.text) != aspectNone && vague.MatchString(subject(b.text))) {
			why = "repeats line " + strconv.Itoa(first)
		}
		if why == "" && intro > 0 {
			why = "below the announcement of other pages in line " + strconv.Itoa(intro)
		}
		if why == "" && b.linked && !b.sentence() && b.kind != heading && b.role == plain && utf8.RuneCountInString(b.text) <= 40 && nextLinked(blocks, i) {
			why = "list of links"
		}
		if why != "" {
			d.drop(b, why)
			if seen[key] == 0 && b.part == "" && why != "table of contents" {
				seen[key] = b.line
			}
			continue
		}
		if seen[key] == 0 {
			seen[key] = b.line
		}
		kept = append(kept, b)
	}
	d.blocks = kept
}

// sentence tells whether a text ends as a sentence does.
func (b block) sentence() bool {
	return strings.ContainsRune("。；;！!", lastRune(b.text))
}

// contentLike tells whether an announcement is that of questions with their answers, not of other pages.
func contentLike(b block) bool {
	return strings.Contains(b.text, "问题") || strings.Contains(b.text, "问答") || strings.Contains(b.text, "解答") || aspectOf(b.text) != aspectNone
}

// titleOf is the first heading, or the first line.
func titleOf(blocks []block) string {
	for _, b := range blocks {
		if b.kind == heading && b.part == "" {
			return b.text
		}
	}
	for _, b := range blocks {
		if b.part == "" {
			return b.text
		}
	}
	return ""
}

// about tells whether a block speaks of the subject of a title.
func about(b block, title string) bool {
	return likeness(core(b.text), core(title)) >= .3
}

// laterHeadings gives the last place of each text that may be a heading: not a link, and followed by other words.
func laterHeadings(blocks []block) map[string]int {
	m := map[string]int{}
	for i, b := range blocks {
		if b.part == "" && !b.linked && (b.kind == heading || !b.sentence() && utf8.RuneCountInString(b.text) <= 60) {
			m[knowledge.Normalize(b.text)] = i
		}
	}
	return m
}

// neighbours tells whether the item before or after is a heading later on too: one alone may repeat a heading by chance.
func neighbours(blocks []block, i int, later map[string]int) bool {
	for _, k := range []int{i - 1, i + 1} {
		if k >= 0 && k < len(blocks) && blocks[k].kind == item && later[knowledge.Normalize(blocks[k].text)] > max(i, k) {
			return true
		}
	}
	return false
}

// followed tells whether the next block is a plain paragraph, so that an item is its heading.
func followed(blocks []block, i int) bool {
	return i+1 < len(blocks) && blocks[i+1].kind == paragraph && blocks[i+1].sentence()
}

func nextLinked(blocks []block, i int) bool {
	return i+1 < len(blocks) && blocks[i+1].linked || i > 0 && blocks[i-1].linked
}
