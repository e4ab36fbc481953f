package store

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"posdoctor/bot"
)

func TestSites(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "p.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	save := func(version int64, value string) error {
		_, err := s.SaveSite(ctx, Site{ID: "shop", Value: value, Version: version, At: 1, Agent: "a"}, Trace{ID: bot.NewID(), Agent: "a", Act: "site.change"})
		return err
	}
	if err := errors.Join(save(0, `{}`), save(1, `{"name":"x"}`)); err != nil {
		t.Fatal(err)
	}
	for _, version := range []int64{0, 1, 3} {
		if err := save(version, `{}`); !errors.Is(err, bot.ErrConflict) {
			t.Errorf("over version %d: %v", version, err)
		}
	}
	// However many add a key at once, two are there.
	var added atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			switch err := s.AddSiteKey(ctx, "shop", SiteKey{KID: bot.NewID(), Alg: "HS256", Secret: "c2VjcmV0", At: 1}); {
			case err == nil:
				added.Add(1)
			case !errors.Is(err, ErrKeys):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	list, err := s.Sites(ctx)
	if err != nil || len(list) != 1 || len(list[0].Keys) != 2 || added.Load() != 2 || list[0].Value != `{"name":"x"}` || list[0].Version != 2 {
		t.Fatalf("%+v %v, %d keys were added", list, err, added.Load())
	}
	if err := s.AddSiteKey(ctx, "none", SiteKey{KID: "k"}); !errors.Is(err, bot.ErrNotFound) {
		t.Errorf("a key of no site: %v", err)
	}
	if err := s.RemoveSiteKey(ctx, "other", list[0].Keys[0].KID); !errors.Is(err, bot.ErrNotFound) {
		t.Errorf("another site's key: %v", err)
	}
	if err := errors.Join(s.RemoveSiteKey(ctx, "shop", list[0].Keys[0].KID), s.RemoveSite(ctx, "shop")); err != nil {
		t.Error(err)
	}
	if err := s.RemoveSite(ctx, "shop"); !errors.Is(err, bot.ErrNotFound) {
		t.Errorf("a site that is gone: %v", err)
	}
	if list, err := s.Sites(ctx); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	if traces, _, err := s.Audited(ctx, AuditQuery{Act: "site.change"}, "", 10); err != nil || len(traces) != 2 { // what was refused left none
		t.Errorf("traces: %+v %v", traces, err)
	}
}

// An identity that is good once is used once, also by many at the same moment; what expired is forgotten.
func TestUseIdentity(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, filepath.Join(t.TempDir(), "p.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var used atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			switch err := s.UseIdentity(ctx, "j", 1000, 1); {
			case err == nil:
				used.Add(1)
			case !errors.Is(err, bot.ErrDuplicate):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if used.Load() != 1 {
		t.Errorf("used %d times", used.Load())
	}
	if err := s.UseIdentity(ctx, "other", 5000, 1001); err != nil {
		t.Error(err)
	}
	var n int
	if err := s.row(ctx, `SELECT count(*) FROM used_identities`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows are kept: %v", n, err)
	}
}
