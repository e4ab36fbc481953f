package live

import (
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"posdoctor/bot"
)

var _ bot.Bus = (*Bus)(nil)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, // the index library keeps its workers for the life of the process
		goleak.IgnoreTopFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"))
}

// wakes empties a channel and says how many values were in it.
func wakes(c <-chan struct{}) (n int) {
	for {
		select {
		case <-c:
			n++
		default:
			return n
		}
	}
}

func TestWake(t *testing.T) {
	var b Bus
	b.Publish("a", "nobody") // nobody listens yet
	a1, stop1 := b.Subscribe("a")
	a2, stop2 := b.Subscribe("a")
	c, stop3 := b.Subscribe("c")
	defer stop1()
	defer stop2()
	defer stop3()
	for _, step := range []struct {
		topics []string
		want   [3]int
	}{
		{nil, [3]int{0, 0, 0}},
		{[]string{"a"}, [3]int{1, 1, 0}},
		{[]string{"c"}, [3]int{0, 0, 1}},
		{[]string{"a", "c"}, [3]int{1, 1, 1}},
		{[]string{"b", ""}, [3]int{0, 0, 0}},
	} {
		b.Publish(step.topics...)
		if got := [3]int{wakes(a1), wakes(a2), wakes(c)}; got != step.want {
			t.Errorf("%v woke %v, want %v", step.topics, got, step.want)
		}
	}
}

func TestMerge(t *testing.T) {
	var b Bus
	c, stop := b.Subscribe("a")
	defer stop()
	for range 1000 {
		b.Publish("a", "a") // never waits for the reader
	}
	if n := wakes(c); n != 1 {
		t.Errorf("%d wakes, want one that stands for all", n)
	}
	b.Publish("a")
	if n := wakes(c); n != 1 {
		t.Errorf("%d wakes after reading", n)
	}
}

func TestCancel(t *testing.T) {
	var b Bus
	old, stop := b.Subscribe("a")
	stop()
	stop()
	kept, stopKept := b.Subscribe("a")
	stop() // a late one does not touch who came after
	b.Publish("a")
	if wakes(old) != 0 || wakes(kept) != 1 {
		t.Error("cancel woke the wrong one")
	}
	stopKept()
	if len(b.subs) != 0 {
		t.Errorf("%d topics are left behind", len(b.subs))
	}
}

// TestRace has readers come and go while others publish: each reads a value that is at least as new as the last wake promised.
func TestRace(t *testing.T) {
	var b Bus
	var mu sync.Mutex
	seq := 0
	var wg sync.WaitGroup
	const last = 4000
	for range 4 {
		wg.Go(func() {
			for range last / 4 {
				mu.Lock()
				seq++
				mu.Unlock()
				b.Publish("a", "b")
			}
		})
	}
	for range 16 {
		wg.Go(func() {
			for range 50 {
				_, stop := b.Subscribe("a")
				stop()
			}
		})
		wg.Go(func() {
			wake, stop := b.Subscribe("b")
			defer stop()
			for {
				mu.Lock()
				n := seq
				mu.Unlock()
				if n == last {
					return
				}
				select {
				case <-wake:
				case <-time.After(10 * time.Second):
					t.Errorf("a reader that saw %d of %d was not woken again", n, last)
					return
				}
			}
		})
	}
	wg.Wait()
}
