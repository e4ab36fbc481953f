package acquirer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"posdoctor/bot"
)

// Provider is the simulator's name in records.
const Provider = "岚桥支付(演示)"

// slowRecord is how long the record of demo-7 takes.
const slowRecord = 8 * time.Second

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

// demoRecord is what the simulator knows of a merchant at a time. Its dates move along with the clock.
func demoRecord(m Merchant, now time.Time) bot.Record {
	ago := func(days int) string { return now.In(beijing).AddDate(0, 0, -days).Format(time.DateOnly) }
	n := m.Ref[len("demo-"):]
	r := bot.Record{
		Provider: Provider, ObservedAt: now.UnixMilli(), Trace: fmt.Sprintf("LQ-%s-%x", n, now.UnixMilli()),
		Merchant: m.Ref, Name: m.Name(), Status: "ACTIVE", Raw: "NORMAL", LicenceUntil: ago(-900), LastTrade: ago(0),
		Terminals:  []bot.Terminal{{SN: "410" + n, Status: "ACTIVE", Last: ago(0)}},
		Settlement: &bot.SettlementAccount{Bank: "岚桥商业银行", No: "****662" + n, Verify: "OK"},
	}
	restrict := func(reason, text, recovery string, days int) {
		since := ago(days)
		r.Restrictions = append(r.Restrictions, bot.Restriction{Case: "LQ-R" + strings.ReplaceAll(since, "-", "") + "-0" + n,
			Reason: reason, Text: text, Recover: recovery, Since: since})
	}
	switch m.Ref {
	case "demo-1":
		r.Terminals = append(r.Terminals, bot.Terminal{SN: "8201", Status: "ACTIVE", Last: ago(1)})
	case "demo-2":
		r.Status, r.Raw, r.LicenceUntil, r.LastTrade = "DOCS_EXPIRED", "LICENSE_EXPIRED", ago(24), ago(23)
		r.Terminals[0].Last = ago(23)
		restrict("DOCS_EXPIRED", "暂停收款", "提交新营业执照", 23)
	case "demo-3":
		r.Status, r.Raw, r.LastTrade = "DORMANT", "NO_TRADE_180D", ago(200)
		r.Terminals[0].Last = ago(200)
		restrict("NO_TRADE", "", "重新核验商户资料", 20)
	case "demo-4":
		r.Status, r.Raw, r.LastTrade = "RISK_HOLD", "RISK_CONTROL", ago(3)
		r.Terminals[0].Last = ago(3)
		restrict("RISK", "暂停收款，结算资金暂缓", "提交交易凭证", 3)
	case "demo-5":
		r.Terminals[0].Status, r.Terminals[0].Last, r.LastTrade = "BOUND_ELSEWHERE", ago(6), ago(6)
	case "demo-6":
		r.Settlement.Verify, r.Settlement.Fail = "FAILED", "户名不符"
	}
	return r
}
