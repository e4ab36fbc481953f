package knowledge

import (
	"fmt"
	"testing"
	"time"
)

// TestReadAgo: Monday, 23 November 2026, 9:00 in Beijing. "" is no time, or more than a time.
func TestReadAgo(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, beijing)
	for text, want := range map[string]string{
		"今天": "0-0", "刚才": "0-0", "今早还刷过": "0-0", "早上": "0-0", "下午": "0-1",
		"昨天": "1-1", "昨天下午": "1-1", "昨晚八点多": "1-1", "昨天晚上还能用": "1-1", "寻日": "1-1", "昨天下午3点左右": "1-1",
		"前天": "2-2", "大前天": "3-3", "前两天": "0-4", "前几天": "0-6", "三天前": "3-3", "10天前": "10-10", "十二天以前": "12-12", "好几天前": "3-14",
		"上周": "1-7", "上个星期": "1-7", "上周三": "5-5", "上礼拜天": "1-1", "上上周": "8-14", "这周": "0-0", "两周前": "14-22",
		"上个月": "23-53", "上个月底": "23-34", "上月初": "44-53", "上个月5号": "49-49", "上上个月": "54-83",
		"半个月前": "13-20", "一个月前": "30-51", "一个多月前": "31-61", "三个月前": "90-113", "3个月之前": "90-113", "半年前": "170-250", "一年前": "365-546", "去年": "327-692",
		"11月5号": "18-18", "11月5日": "18-18", "5号": "18-18", "12月20号": "338-338", "最后一次是上个月底": "23-34", "大概是上周吧": "1-7", "上周還用過": "1-7",
		// More than a time, or none.
		"昨天没用": "", "上周就不行了": "", "三个月没用": "", "昨天到上周": "", "昨天下午能刷吗": "", "昨天换了卡": "", "31号": "31-31", "58号": "", "11月31号": "", "": "", "不知道": "", "三月前卖的": "", "钱是昨天的没到": "",
		"昨天开始": "", "最近": "", "好久": "",
	} {
		got := ""
		if ago, ok := ReadAgo(text, at); ok {
			got = fmt.Sprintf("%d-%d", ago.Least, ago.Most)
		}
		if text == "31号" {
			continue // below: October has a 31st
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if ago, ok := ReadAgo("31号", at); !ok || ago.Least != 23 {
		t.Errorf("31号: %+v %v", ago, ok)
	}
	// The day turns in Beijing.
	late := time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC)
	if ago, _ := ReadAgo("22号", late); ago != (Ago{1, 1}) {
		t.Errorf("22号 in the night: %+v", ago)
	}
	// On a Sunday last week is a week away.
	if ago, _ := ReadAgo("上周", time.Date(2026, 11, 29, 9, 0, 0, 0, beijing)); ago != (Ago{7, 13}) {
		t.Errorf("上周 on a Sunday: %+v", ago)
	}
}

func FuzzReadAgo(f *testing.F) {
	for _, seed := range []string{"昨天下午", "上个月31号", "12月20号", "十十十天前", "上礼拜天", "九九九年前"} {
		f.Add(seed, int64(1_790_000_000))
	}
	f.Fuzz(func(t *testing.T, text string, at int64) {
		if at < 0 || at > 4_000_000_000 {
			return
		}
		if ago, ok := ReadAgo(text, time.Unix(at, 0)); ok && (ago.Least < 0 || ago.Most < ago.Least) {
			t.Errorf("%q: %+v", text, ago)
		}
	})
}
