package knowledge

import (
	"strings"
	"testing"
)

func embeddedIndex(t *testing.T) (*Index, Library) {
	t.Helper()
	lib, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return newTestIndex(t, lib), lib
}

func TestSearchTheLibrary(t *testing.T) {
	x, _ := embeddedIndex(t)
	for _, test := range []struct{ text, article string }{
		// Codes in words.
		{"刷卡说没有这个商户", "code-03"}, {"提示查无此商户", "code-03"}, {"屏幕写商户不存在", "code-03"}, {"银行说无此账户", "code-42"},
		{"机器毁机了怎么办", "tamper-lock"}, {"开机就报毁机", "tamper-lock"},
		// The outcome is unknown.
		{"刚才断网了那笔不知道扣没扣", "outcome-unknown"}, {"交易超时了能不能再收一次", "outcome-unknown"}, {"这样还能再刷吗", "outcome-unknown"},
		{"要不要重新刷一下", "outcome-unknown"}, {"顾客说扣了可机器说失败", "charged-no-slip"},
		// Charged twice.
		{"客人付了两次", "double-charge"}, {"给人家扣了两遍", "double-charge"}, {"好像重复扣了", "double-charge"}, {"我多刷一笔怎么办", "double-charge"}, {"手滑刷了两次", "double-charge"},
		// Paid by code, not seen.
		{"客人微信扫码付成功了我这没显示", "scan-paid-not-shown"}, {"顾客扫码付了钱我没收到", "scan-paid-not-shown"},
		// People.
		{"你们有没有真人啊", "talk-human"}, {"叫你们经理来一下", "talk-manager"},
		// Plain questions.
		{"周末的钱什么时候能到", "settlement-cycle"}, {"小票弄丢了", "slip-lost"}, {"调单了可小票丢了怎么回复", "inspection-vouchers"},
		// What is denied is not looked for.
		{"没提示商户状态异常，是说余额不足", "code-51"}, {"我没有提示商戶狀態異常 是余额不足", "code-51"}, {"不是没到账，打印机卡纸", "printer-jam"},
		{"没报商户异常就是小票空白", "printer-paper"}, {"不是断网而是流量卡欠费", "sim-card"},
		{"执照没过期，打印机卡纸", "printer-jam"}, {"流量卡没欠费，小票空白", "printer-paper"}, {"纸没卡纸但是小票空白", "printer-paper"},
		{"执照没过期吗", "documents-expired"}, {"没信号了", "network-down"},
		// Short, and yet clear.
		{"没到账", "money-not-arrived"}, {"不出纸", "printer-jam"}, {"没网了", "network-down"}, {"黑屏", "dead-machine"}, {"机器用不了", "cannot-swipe"},
		{"刷卡不行", "cannot-swipe"}, {"在吗", "talk-there"}, {"签到失败", "sign-on-fails"},
		// A code that nobody explains does not hide the trouble told beside it.
		{"提示ZQ7 打印机卡纸了", "printer-jam"},
	} {
		t.Run(test.text, func(t *testing.T) {
			hits, err := x.Search(Query{Text: test.text})
			if err != nil || len(hits) == 0 || hits[0].Article != test.article || hits[0].P < .5 {
				t.Errorf("got %+v %v, want %s", hits, err, test.article)
			}
		})
	}
}

// What names no trouble, only denies one, or may mean two, is told of none.
func TestSearchTheLibraryUnsure(t *testing.T) {
	x, _ := embeddedIndex(t)
	for most, texts := range map[float64]string{
		.5: "没解决 解决了 还是不行 成功了 刷卡的 好了 没有扣 随便 不太懂 怎么办 那我怎么办 没收到通知 收到通知了 扫码的 没成功 知道了 还没好 第一个 第三个 " +
			"执照没过期 没缺纸 机器没坏 法人证件没有过期啊 流量卡没欠费 不是商户状态异常 不是说商户状态异常 并没有商户状态异常 我没提示商户状态异常 " +
			"提示ZQ7 提示QZ 提示998 H204 报H204 错误2077 报错W8K 提示H204怎么办 交易失败错误码W8K22 机器一直报QZ8",
	} {
		for _, text := range strings.Fields(texts) {
			hits, err := x.Search(Query{Text: text, Limit: 200})
			if err != nil {
				t.Fatal(err)
			}
			for i, h := range hits {
				if h.P >= most || i > 0 && h.P > hits[i-1].P {
					t.Errorf("%s: %+v", text, h)
				}
			}
		}
	}
	hits, err := x.Search(Query{Text: "商户壮态异长", Limit: 2}) // by its sound it is the first
	if err != nil || !found3(hits, "merchant-status-abnormal") || !found3(hits, "user-status-abnormal") {
		t.Errorf("not both are offered: %+v %v", hits, err)
	}
}

// An operator's wording that names a code of a maker is found by it.
func TestSearchNamedCode(t *testing.T) {
	lib := searchLibrary()
	lib.Articles = append(lib.Articles, Article{ID: "maker", Title: "打印板过热", Move: Answer, Wordings: []string{"提示H204"}, Remedy: Remedy{Brief: "请稍候"}})
	x := newTestIndex(t, lib)
	for _, text := range []string{"提示H204", "机器上提示h204"} {
		if hits, err := x.Search(Query{Text: text}); err != nil || len(hits) == 0 || hits[0].Article != "maker" {
			t.Errorf("%s: %+v %v", text, hits, err)
		}
	}
}

func TestReadTheLibrary(t *testing.T) {
	_, lib := embeddedIndex(t)
	for _, test := range []struct{ text, want string }{
		{"短信说我资料要更新", "notice=yes"}, {"昨天来短信了", "notice=yes"}, {"我收到短信让补件", "notice=yes"}, {"通知说要重新认证", "notice=yes"},
		{"没收到短信", "notice=no"}, {"没收到通知", "notice=no"}, {"没有收到任何通知", "notice=no"}, {"也没来短信", "notice=no"}, {"收到短信了吗", ""}, {"收到通知了没", ""},
		{"客人短信说扣了款", "notice=unknown"}, {"没有短信说这个", "notice=no"},
		{"执照过期", ""}, {"证件到期了", ""},
		{"上周还刷过", "worked-lately=yes"}, {"前天还能用呢", "worked-lately=yes"}, {"昨天还好好的", "worked-lately=yes"},
		{"没有90天吧", "long-unused=no"}, {"我天天用", "long-unused=no"}, {"这台经常用", "long-unused=no"}, {"不经常用", ""}, {"一直在用的", "long-unused=no"},
		{"就这一台", "all-terminals=no"}, {"只有一台不行", "all-terminals=no"}, {"我店里就这一台", "all-terminals=unknown"},
		{"两台都", "all-terminals=yes"}, {"几台都这样", "all-terminals=yes"}, {"全店都收不了", "all-terminals=yes"}, {"两台都正常", ""}, {"全店都好好的", ""}, {"几台都没问题", ""},
		{"换张卡就好", "all-cards=no"}, {"换一张卡就能刷", "all-cards=no"}, {"换张卡就好了吗", ""}, {"是不是换张卡就好", ""},
		{"没提示商户状态异常", "status-word=no"}, {"没有报商户停用", ""}, {"并没有终端未登记", ""},
	} {
		t.Run(test.text, func(t *testing.T) {
			var got []string
			for _, e := range lib.Read(test.text).Evidence {
				got = append(got, e.Check+"="+e.Answer)
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("%q, want %q", s, test.want)
			}
		})
	}
}

// Entries about nothing of the merchant's are told as lines in a talk: a sentence or two, no parts.
func TestSmallTalkIsPlain(t *testing.T) {
	_, lib := embeddedIndex(t)
	n := 0
	for _, a := range lib.Articles {
		if a.Object != "" {
			continue
		}
		n++
		if a.Cause != "" || a.Impact != "" || len(a.Solution) > 2 || len(a.Prepare)+len(a.Never) > 0 {
			t.Errorf("%s is no small talk: %+v", a.ID, a.Remedy)
		}
	}
	if n == 0 {
		t.Error("there is no small talk")
	}
}

// What the shipped library has to hold: every code of field 39 that has a meaning, enough wordings to be found by, and a source.
func TestLibraryIsWhole(t *testing.T) {
	_, lib := embeddedIndex(t)
	if len(lib.Articles) < 120 {
		t.Errorf("%d entries", len(lib.Articles))
	}
	for _, code := range strings.Fields("00 01 02 03 04 05 06 07 09 12 13 14 15 19 20 21 22 25 30 31 33 34 35 36 37 38 40 41 42 43 45 51 52 53 54 55 56 57 58 59 " +
		"60 61 62 63 64 65 67 68 75 77 79 90 91 92 94 95 96 97 98 99 A0 A1 A2 A3 A4 A5 A6 A7") {
		if _, ok := lib.ByCode(code); !ok {
			t.Errorf("nobody explains code %s", code)
		}
	}
	told := map[string]bool{}
	for _, a := range lib.Articles {
		if len(a.Wordings) < 6 {
			t.Errorf("%s has %d wordings; merchants find it by at least 6", a.ID, len(a.Wordings))
		}
		if len(a.Sources) == 0 {
			t.Errorf("%s names no source", a.ID)
		}
		for _, c := range a.Causes {
			told[c] = true
		}
	}
	for _, c := range lib.Causes {
		if !told[c.ID] {
			t.Errorf("no entry leads to the cause %s", c.ID)
		}
	}
}
