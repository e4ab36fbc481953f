package main

import (
	"context"
	"time"
)

const (
	repliesFor = time.Hour           // WeChat repeats a push within seconds
	pushesFor  = 7 * 24 * time.Hour  // messages of ours, for who looks what became of them
	filesFor   = 7 * 24 * time.Hour  // pictures and voices, for who serves the merchant
	notesFor   = 30 * 24 * time.Hour // what was reported, and tries of a proof: nobody repeats either after so long

	keepingEvery = time.Hour
	keepingPause = 50 * time.Millisecond // between two steps, for turns of merchants
)

// housekeeping takes out what is kept for a while only, at the start and every hour.
func (a *app) housekeeping(ctx context.Context) {
	tick := time.NewTicker(keepingEvery)
	defer tick.Stop()
	for {
		if a.room != nil {
			a.room.forPictures() // says so when the disk is nearly full
		}
		a.forget(ctx, "replies", repliesFor, 500, a.store.ForgetReplies)
		a.forget(ctx, "pushes", pushesFor, 500, a.store.ForgetPushes)
		a.forget(ctx, "files", filesFor, 10, a.store.ForgetFiles)
		a.forget(ctx, "reports", notesFor, 500, a.notesOf("wechatpay:", time.RFC3339))
		a.forget(ctx, "tries", notesFor, 500, a.notesOf("tries:", time.DateOnly))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// notesOf removes notes that begin with a time in a layout.
func (a *app) notesOf(prefix, layout string) func(ctx context.Context, before int64, n int) (int64, error) {
	return func(ctx context.Context, before int64, n int) (int64, error) {
		return a.store.ForgetNotes(ctx, prefix, time.UnixMilli(before).UTC().Format(layout), n)
	}
}

// forget removes what is older than a time, n rows a step.
func (a *app) forget(ctx context.Context, what string, age time.Duration, n int, some func(ctx context.Context, before int64, n int) (int64, error)) {
	for sum := int64(0); ; {
		done, err := some(ctx, time.Now().Add(-age).UnixMilli(), n)
		if err != nil && ctx.Err() == nil {
			a.log.Error("taking out what is old", "what", what, "err", err)
		}
		if sum += done; err != nil || done < int64(n) {
			if sum > 0 {
				a.log.Debug("taken out what is old", "what", what, "rows", sum)
			}
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(keepingPause):
		}
	}
}
