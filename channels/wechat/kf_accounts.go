package wechat

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"posdoctor/bot"
)

// youngest is how long before its first push an account begins.
const youngest = 10 * time.Minute

// accounts are the known ones, each with the time before which its messages are none of ours, in milliseconds:
//
//	kf-accounts:ww12345678910  {"wkAJ":1700000000000}
func (k *KF) accounts(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	v, err := k.deps.Notes.Note(ctx, "kf-accounts:"+k.cfg.CorpID)
	if err != nil {
		return nil, fmt.Errorf("reading the accounts: %w", err)
	}
	if v != "" {
		if err := json.Unmarshal([]byte(v), &out); err != nil {
			return nil, fmt.Errorf("reading the accounts: %w", err)
		}
	}
	return out, nil
}

// recall takes in the accounts that are known. A push that makes one known waits meanwhile, and is not forgotten.
func (k *KF) recall(ctx context.Context) error {
	fs := &k.feeds
	fs.first.Lock()
	defer fs.first.Unlock()
	all, err := k.accounts(ctx)
	if err == nil {
		fs.since = all
	}
	return err
}

// known keeps that an account exists, and from when on its messages are answered: WeCom gives those of three days to who asks for the
// first time.
func (k *KF) known(ctx context.Context, account string) error {
	fs := &k.feeds
	fs.first.Lock()
	defer fs.first.Unlock()
	if _, ok := fs.since[account]; ok {
		return nil
	}
	all, err := k.accounts(ctx)
	if err != nil {
		return err
	}
	if _, ok := all[account]; !ok {
		all[account] = k.deps.Now().Add(-youngest).UnixMilli()
		data, _ := json.Marshal(all) // text and numbers
		if err := k.deps.Notes.SetNote(ctx, bot.Note{Name: "kf-accounts:" + k.cfg.CorpID, Value: string(data)}); err != nil {
			return fmt.Errorf("keeping an account: %w", err)
		}
	}
	fs.since = all
	return nil
}

func (fs *feeds) begins(account string) time.Time {
	fs.first.Lock()
	defer fs.first.Unlock()
	return time.UnixMilli(fs.since[account])
}
