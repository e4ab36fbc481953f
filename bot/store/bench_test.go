//go:build linux

package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"posdoctor/bot"
	"posdoctor/bot/store/storetest"
)

// BenchmarkTurns shows what group commit gives: turns of 1, 8, 64 and 512 callers on a real file, beside what one flush of this disk
// costs at the same time.
func BenchmarkTurns(b *testing.B) {
	for _, callers := range []int{1, 8, 64, 512} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			dir := b.TempDir()
			flush := fdatasync(b, dir)
			s := open(b, filepath.Join(dir, "p.db"))
			var left atomic.Int64
			left.Store(int64(b.N))
			var wg sync.WaitGroup
			b.ReportAllocs()
			b.ResetTimer()
			for range callers {
				wg.Go(func() {
					c := storetest.Fresh(bot.NewID())
					for left.Add(-1) >= 0 {
						next := storetest.Next(c, "web:"+bot.NewID()+":"+c.ID, "结算没到账", "请先看一下结算账户有没有变")
						if err := s.Commit(ctx, next); err != nil {
							b.Error(err)
							return
						}
						c = next.Next
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
			b.ReportMetric(float64(flush.Nanoseconds())/1e3, "us/fdatasync")
		})
	}
}

// fdatasync measures what writing 4 KiB into a file that has its size and flushing them costs.
func fdatasync(b *testing.B, dir string) time.Duration {
	b.Helper()
	f, err := os.Create(filepath.Join(dir, "flush"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	const pages, times = 256, 200
	for range pages {
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	for i := range times {
		page[0] = byte(i)
		if _, err := f.WriteAt(page, int64(i%pages)*4096); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start) / times
}
