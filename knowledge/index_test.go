package knowledge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// searchLibrary is small, and its wordings differ from the queries of the tests.
func searchLibrary() Library {
	one := func(id, title, cause string, wordings ...string) Article {
		return Article{ID: id, Title: title, Move: Answer, Wordings: wordings, Remedy: Remedy{Brief: "请稍候", Cause: cause}}
	}
	return Library{Revision: "one", Articles: []Article{
		one("merchant-status", "提示「商户状态异常」", "收单系统里的登记状态不对，可能是营业执照过期。",
			"POS机显示商户状态异常", "商户状态异常怎么办", "受理商户状态异常", "商户壮态异常刷不了卡"),
		one("money-late", "货款没有到账", "节假日不结算，结算账户状态异常也会退回。",
			"昨天刷的钱没到账", "货款什么时候到", "结算款还没到", "钱没到银行卡"),
		one("no-network", "终端连不上网", "物联网卡欠费或信号弱。",
			"机器没信号", "POS机连不上网络", "无网络服务", "WiFi连不上"),
		one("printer", "打印机不出纸", "打印纸装反，或打印头脏。",
			"打印机不打印", "小票打不出来", "打印纸是白的没有字", "卡纸了怎么弄"),
		one("code-51", "应答码 51：余额不足", "持卡人账户里的钱不够。",
			"提示余额不足", "刷卡报51", "顾客卡里没钱"),
		one("change-card", "更换结算卡", "需要法人身份证和新卡。",
			"怎么换结算卡", "结算卡丢了要换一张", "想改收款的银行卡"),
		one("hello", "在吗", "", "有人吗"),
	}}
}

func newTestIndex(t testing.TB, lib Library) *Index {
	t.Helper()
	x, err := NewIndex(lib)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func TestSearch(t *testing.T) {
	x := newTestIndex(t, searchLibrary())
	for _, test := range []struct {
		text, article string
		least, most   float64
	}{
		// As written, in any spelling.
		{"商户状态异常怎么办", "merchant-status", .97, 1},
		{"ＰＯＳ機顯示商戶狀態異常！！", "merchant-status", .97, 1},
		{"机子显示商户状态异常", "merchant-status", .97, 1},
		{"商户状态异常咋整", "merchant-status", .97, 1},
		{"请问一下，昨天刷的钱没到账啊", "money-late", .97, 1},
		{"在吗", "hello", .97, 1},
		// Paraphrases.
		{"刷卡的时候提示商户状态不正常", "merchant-status", .6, 1},
		{"昨天的钱还没到账", "money-late", .6, 1},
		{"小票打印不出来", "printer", .6, 1},
		{"机子网络连不上", "no-network", .6, 1},
		{"我要换一张结算卡", "change-card", .6, 1},
		{"显示卡余额不足", "code-51", .6, 1},
		// Homophones.
		{"商户壮太异长", "merchant-status", .5, 1},
		{"姐算卡怎么换", "change-card", .6, 1},
		// One clause of several.
		{"老板不在，我是收银的，机器没信号", "no-network", .6, 1},
		// Nothing that is meant.
		{"今天天气怎么样", "", 0, .3},
		{"你喜欢吃什么", "", 0, .3},
		{"给我讲个笑话", "", 0, .3},
		{"周杰伦的歌好听吗", "", 0, .3},
		{"asdkjh qweoiu", "", 0, .3},
		{"怎么办", "", 0, .6},
	} {
		t.Run(test.text, func(t *testing.T) {
			hits, err := x.Search(Query{Text: test.text})
			if err != nil {
				t.Fatal(err)
			}
			if len(hits) == 0 {
				if test.article != "" {
					t.Fatal("no hits")
				}
				return
			}
			if h := hits[0]; test.article != "" && h.Article != test.article || h.P < test.least || h.P > test.most {
				t.Errorf("got %+v, want %s with P in %v..%v", h, test.article, test.least, test.most)
			}
			seen := map[string]bool{}
			for i, h := range hits {
				if seen[h.Article] || h.P < 0 || h.P > 1 || i > 0 && h.P > hits[i-1].P || h.Title == "" || h.Wording == "" {
					t.Errorf("hit %d: %+v", i, h)
				}
				seen[h.Article] = true
			}
		})
	}
}

// The text of an article brings it among the candidates, but is no match by itself.
func TestSearchInTexts(t *testing.T) {
	x := newTestIndex(t, searchLibrary())
	hits, err := x.Search(Query{Text: "物联网卡欠费", Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if !found3(hits, "no-network") {
		t.Errorf("not among %+v", hits)
	}
	for _, h := range hits {
		if h.P > .5 {
			t.Errorf("%s has P %v by its text alone", h.Article, h.P)
		}
	}
}

func TestSearchLimits(t *testing.T) {
	x := newTestIndex(t, searchLibrary())
	for _, text := range []string{"", "  ", "。。！", "\u200b", "\xff"} {
		if hits, err := x.Search(Query{Text: text}); len(hits) != 0 || err != nil {
			t.Errorf("%q: %v %v", text, hits, err)
		}
	}
	if hits, err := x.Search(Query{Text: "卡", Limit: 1}); len(hits) > 1 || err != nil {
		t.Errorf("limit 1: %d hits, %v", len(hits), err)
	}
	// Only the beginning of a long message is looked at; query syntax means nothing.
	for _, text := range []string{strings.Repeat("很", 200) + "商户状态异常", strings.Repeat("ﷺ", 5000), "+grams:* -/(((/ \"a ~9 a:b:c \\"} {
		if hits, err := x.Search(Query{Text: text}); err != nil || len(hits) > 0 && hits[0].P > .3 {
			t.Errorf("%.20q: %+v %v", text, hits, err)
		}
	}
}

func TestIndexOfNothing(t *testing.T) {
	x := newTestIndex(t, Library{})
	if hits, err := x.Search(Query{Text: "商户状态异常"}); len(hits) != 0 || err != nil {
		t.Errorf("%v %v", hits, err)
	}
}

func TestReplace(t *testing.T) {
	x := newTestIndex(t, searchLibrary())
	next := searchLibrary()
	next.Revision = "two"
	next.Articles = next.Articles[:1]
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Replace(canceled, next); !errors.Is(err, context.Canceled) || x.Library().Revision != "one" {
		t.Errorf("cancelled: %v, revision %s", err, x.Library().Revision)
	}
	if err := x.Replace(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	hits, err := x.Search(Query{Text: "小票打不出来"})
	if err != nil || x.Library().Revision != "two" || found3(hits, "printer") {
		t.Errorf("revision %s, hits %+v, %v", x.Library().Revision, hits, err)
	}
}

func TestClosed(t *testing.T) {
	x, err := NewIndex(searchLibrary())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := x.Search(Query{Text: "在吗"}); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := x.Replace(t.Context(), searchLibrary()); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if lib := x.Library(); len(lib.Articles) != 0 {
		t.Error("a closed index has a library")
	}
}

// Readers never see an error, an empty result, or titles of two revisions in one result.
func TestReplaceUnderReaders(t *testing.T) {
	revision := func(n int) Library {
		lib := searchLibrary()
		lib.Revision = fmt.Sprint(n)
		for i := range lib.Articles {
			lib.Articles[i].Title += fmt.Sprintf(" r%d", n)
		}
		return lib
	}
	x := newTestIndex(t, revision(0))
	var done atomic.Bool
	var searches atomic.Int64
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for !done.Load() {
				hits, err := x.Search(Query{Text: "商户状态异常，钱没到账", Limit: 10})
				if err != nil || len(hits) < 2 {
					t.Errorf("%d hits, %v", len(hits), err)
					return
				}
				_, want, _ := strings.Cut(hits[0].Title, " r")
				for _, h := range hits {
					if _, got, _ := strings.Cut(h.Title, " r"); got != want {
						t.Errorf("revisions %s and %s in one result", want, got)
						return
					}
				}
				searches.Add(1)
			}
		})
	}
	for n := 1; n <= 20; n++ {
		if err := x.Replace(t.Context(), revision(n)); err != nil {
			t.Error(err)
		}
		if got := x.Library().Revision; got != fmt.Sprint(n) {
			t.Errorf("revision %s after the replacement by %d", got, n)
		}
	}
	done.Store(true)
	readers.Wait()
	if searches.Load() == 0 {
		t.Error("no search ran")
	}
}

// manyWordings is a library of 75 articles with 8 rows each.
func manyWordings() Library {
	subjects := strings.Fields("商户状态 结算账户 打印机 流量卡 读卡器 密码键盘 扫码头 营业执照 法人身份 交易限额 到账时间 手续费 退款申请 撤销交易 二维码牌")
	troubles := strings.Fields("异常 更换 没反应 过期 办理材料")
	forms := strings.Fields("%s怎么办 提示%s POS机显示%s %s是什么意思 为什么老是%s 刷卡的时候%s 客户说%s")
	var lib Library
	for i, s := range subjects {
		for j, tr := range troubles {
			a := Article{ID: fmt.Sprintf("a-%d-%d", i, j), Title: s + tr, Move: Answer,
				Remedy: Remedy{Brief: "请稍候", Cause: s + tr + "通常由收单机构的登记引起，以收单机构为准。", Solution: []string{"重新签到一次。", "联系收单机构核对" + s + "。"}}}
			for _, f := range forms {
				a.Wordings = append(a.Wordings, fmt.Sprintf(f, s+tr))
			}
			lib.Articles = append(lib.Articles, a)
		}
	}
	return lib
}

func BenchmarkNewIndex(b *testing.B) {
	lib := manyWordings()
	b.ReportAllocs()
	for b.Loop() {
		x, err := NewIndex(lib)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := x.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func BenchmarkSearch(b *testing.B) {
	x := newTestIndex(b, manyWordings())
	for name, text := range map[string]string{"short": "商户状态异常", "usual": "刷卡的时候机子提示结算账户过期咋整", "unsure": "昨天那个客人说他要开一张发票", "long": strings.Repeat("三台机子都提示商户状态异常，换卡也不行。", 10)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := x.Search(Query{Text: text}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
