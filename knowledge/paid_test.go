package knowledge_test

import (
	"testing"
	"time"

	"posdoctor/knowledge"
)

func TestReadPaid(t *testing.T) {
	zone := time.FixedZone("UTC+8", 8*3600)
	at := time.Date(2026, 11, 26, 15, 30, 0, 0, zone)
	cases := []struct {
		text     string
		amount   int64  // fen; 0: nothing is read
		from, to string // of 2026-11, day and time
	}{
		{"刚才刷了128元，不知道成没成功", 12800, "26 15:10", "26 15:30"},
		{"刚刚那笔56.5块钱到底成功没有", 5650, "26 15:10", "26 15:30"},
		{"10分钟前收的128块5", 12850, "26 15:10", "26 15:30"},
		{"半小时前的300元", 30000, "26 14:50", "26 15:10"},
		{"今天14:05，200元这笔查一下", 20000, "26 13:55", "26 14:15"},
		{"下午3点20那笔1.2万元", 1200000, "26 15:10", "26 15:30"},
		{"3点20那笔88块", 8800, "26 15:10", "26 15:30"},
		{"10点半的88块", 8800, "26 10:20", "26 10:40"},
		{"下午两点多收了88块", 0, "", ""}, // numerals in words stay out of a time of day
		{"下午2点多收了88块", 8800, "26 13:50", "26 14:50"},
		{"昨晚8点10分 ¥66", 6600, "25 20:00", "25 20:20"},
		{"11月25日 20:10 金额66元", 6600, "25 20:00", "25 20:20"},
		{"２５号 20：10 66元", 6600, "25 20:00", "25 20:20"},
		{"128元", 0, "", ""},
		{"刚才那笔", 0, "", ""},
		{"刚才100元和200元两笔", 0, "", ""},
		{"今天3点和4点各128元", 0, "", ""},
		{"上午128元", 0, "", ""},
		{"上周三14:05那笔128元", 0, "", ""},
		{"20号14:05那笔128元", 0, "", ""}, // too long ago
		{"明天14:05收128元", 0, "", ""},
		{"晚上8点收128元", 0, "", ""}, // not yet
		{"5小时前的128元", 0, "", ""},
		{"提示58", 0, "", ""},
	}
	for _, c := range cases {
		p, ok := knowledge.ReadPaid(c.text, at)
		if ok != (c.amount > 0) || p.Amount != c.amount {
			t.Errorf("%s: %+v, %t", c.text, p, ok)
			continue
		}
		if ok {
			from, to := time.UnixMilli(p.From).In(zone).Format("02 15:04"), time.UnixMilli(p.To).In(zone).Format("02 15:04")
			if from != c.from || to != c.to {
				t.Errorf("%s: %s to %s, want %s to %s", c.text, from, to, c.from, c.to)
			}
		}
	}
}

func FuzzReadPaid(f *testing.F) {
	for _, s := range []string{"刚才128元", "昨晚8点10分 ¥66", "99月99日 99:99 9999999元", "半小时前1万块"} {
		f.Add(s)
	}
	at := time.Date(2026, 11, 26, 15, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := knowledge.ReadPaid(s, at)
		if ok && (p.Amount <= 0 || p.From > p.To || p.To > at.UnixMilli() || p.To-p.From > 2*time.Hour.Milliseconds()) {
			t.Errorf("%q: %+v", s, p)
		}
	})
}
