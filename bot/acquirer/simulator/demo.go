package simulator

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// HelpHost is the host of the links in the simulator's answers. Nobody serves it.
const HelpHost = "help.example.com"

// Provider is the simulator's name in records.
const Provider = "岚桥支付(演示)"

// beijing is the time zone of dates and ticket numbers, without need of a zone database.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// Merchant is a demo merchant, as the start-up text and the pages show it.
type Merchant struct {
	Ref   string `json:"ref"`   // demo-3
	Words string `json:"words"` // what to write to become this merchant: 演示商户 3
	Shop  string `json:"shop"`
	Story string `json:"story"` // in one line
}

// Name is the merchant's name in records and bindings, e.g. 演示商户 2 · 川味小馆.
func (m Merchant) Name() string { return m.Words + " · " + m.Shop }

// Number is the merchant number, as it stands on the slip: 822100058120002. A code for it goes to the simulator's page.
func (m Merchant) Number() string { return "82210005812000" + m.Ref[len("demo-"):] }

var demo = []Merchant{
	{"demo-1", "演示商户 1", "晨光便利店", "一切正常"},
	{"demo-2", "演示商户 2", "川味小馆", "营业执照登记已过期，暂停收款"},
	{"demo-3", "演示商户 3", "海风渔具行", "半年多没有交易，已休眠"},
	{"demo-4", "演示商户 4", "星河数码", "风控限制，结算资金暂缓"},
	{"demo-5", "演示商户 5", "阿香理发店", "商户正常，终端登记在别的商户名下"},
	{"demo-6", "演示商户 6", "绿田蔬果", "商户正常，结算账户户名不符"},
	{"demo-7", "演示商户 7", "老街茶铺", "一切正常，但查询记录要等 8 秒"},
}

// Demo returns the seven demo merchants.
func Demo() []Merchant { return slices.Clone(demo) }

func demoMerchant(ref string) (Merchant, bool) {
	i := slices.IndexFunc(demo, func(m Merchant) bool { return m.Ref == ref })
	if i < 0 {
		return Merchant{}, false
	}
	return demo[i], true
}

var (
	demoWords  = regexp.MustCompile(`^(?:我是|绑定|我要绑定|请绑定)?演示商户([1-7一二三四五六七])号?$`)
	demoSpells = strings.NewReplacer("戶", "户", "綁", "绑", "商號", "商户", "號", "号")
)

// demoNamed returns the merchant whose words text is, in any spelling.
func demoNamed(text string) (Merchant, bool) {
	if len(text) > 200 {
		return Merchant{}, false
	}
	s := strings.TrimRightFunc(norm.NFKC.String(text), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Pe, unicode.Pf) || strings.ContainsRune(`"'.。!~,;?`, r)
	})
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Ps, unicode.Pe, unicode.Pi, unicode.Pf) || strings.ContainsRune(`"':,#`, r) {
			return -1
		}
		return r
	}, s)
	m := demoWords.FindStringSubmatch(demoSpells.Replace(s))
	if m == nil {
		return Merchant{}, false
	}
	if i := slices.Index([]string{"一", "二", "三", "四", "五", "六", "七"}, m[1]); i >= 0 {
		return demo[i], true
	}
	return demo[m[1][0]-'1'], true
}
