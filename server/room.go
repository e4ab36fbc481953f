package main

import (
	"sync"
	"time"
)

const (
	roomForPictures = 500 << 20       // free bytes of the disk below which no picture is taken: words need the rest
	roomForPeace    = 1 << 30         // … below which the log says so
	roomAgain       = 5 * time.Second // how long an answer counts
	roomSaid        = 10 * time.Minute
)

// room watches the free space of the data folder.
type room struct {
	a    *app
	free func(folder string) (int64, error)

	mu   sync.Mutex
	at   time.Time // of the last look
	said time.Time // of the last line in the log
	ok   bool
}

// forPictures says whether there is room for pictures. Where that cannot be known there is: the disk itself refuses then.
func (r *room) forPictures() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if now.Sub(r.at) < roomAgain {
		return r.ok
	}
	n, err := r.free(r.a.s.data)
	r.at, r.ok = now, err != nil || n >= roomForPictures
	if err == nil && n < roomForPeace && now.Sub(r.said) >= roomSaid {
		r.said = now
		r.a.log.Warn("the disk of the data folder is nearly full; below 500 MiB no pictures are taken", "folder", r.a.s.data, "free_mib", n>>20)
	}
	return r.ok
}
