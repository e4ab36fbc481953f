package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"posdoctor/bot"
)

// BenchmarkFind looks for words that nobody said, through 20,000 conversations of four turns: what a search costs at most, before its
// time is over.
func BenchmarkFind(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "p.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const convs = 20_000
	work := make(chan int)
	done := make(chan error, 32)
	for range 32 {
		go func() {
			var failed error
			for i := range work {
				id := fmt.Sprintf("c%06d", i)
				for v := int64(1); v <= 4; v++ {
					c := bot.Conversation{ID: id, Address: bot.Address{Channel: "web", Account: "demo", User: id}, Version: v, Last: v, Since: int64(i), Holder: bot.Holder{Kind: bot.HolderBot}}
					err := s.Commit(b.Context(), bot.Commit{Event: bot.Event{Key: fmt.Sprint(id, v), At: int64(i) + v, Kind: bot.EventSaid}, Next: c,
						Effects: []bot.Effect{{Say: &bot.Message{Seq: v, Type: bot.TypeMessage, From: bot.FromUser, Text: "刷卡提示商户状态异常，店里还有人在排队，请问现在怎么办才好"}}}})
					if err != nil {
						failed = err
					}
				}
			}
			done <- failed
		}()
	}
	for i := range convs {
		work <- i
	}
	close(work)
	for range 32 {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		page, err := s.Find(b.Context(), Search{Words: "没有人说过", Limit: 20, Until: time.Now().Add(time.Minute), Readable: func(bot.Conversation) bool { return true }})
		if err != nil || len(page.Matches) != 0 || page.Next != "" {
			b.Fatal(page, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/convs*1000, "ms/1000conversations")
}
