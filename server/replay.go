package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
)

func replayCommand() *cobra.Command {
	return &cobra.Command{Use: "replay CONVERSATION", Short: "Decide a stored conversation anew and compare every line", Args: someArgs(1, "the id of a conversation"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, func(ctx context.Context, s *store.Store) error {
				events, lines, err := replay(ctx, s, args[0])
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "the same: %d events, %d lines\n", events, lines)
				return nil
			})
		}}
}

// replay decides the stored events of a conversation again, without index, clock or network, and reports the first difference.
func replay(ctx context.Context, s *store.Store, id string) (events, lines int, err error) {
	want, err := s.ConversationByID(ctx, id)
	if errors.Is(err, bot.ErrNotFound) {
		return 0, 0, fmt.Errorf("there is no conversation %q", id)
	}
	if err != nil {
		return 0, 0, err
	}
	stored, err := s.Events(ctx, id)
	if err != nil {
		return 0, 0, err
	}
	svc := &bot.Service{Store: s, Bus: &live.Bus{}, Engine: bot.NewEngine()}
	c := bot.Conversation{ID: id, Address: want.Address}
	for i, ev := range stored {
		if _, err := svc.PlaybookOf(ctx, ev.Playbook); err != nil {
			return 0, 0, err
		}
		t, err := svc.Engine.Turn(c, ev)
		if err != nil {
			return 0, 0, fmt.Errorf("event %d (%s): %w", i+1, ev.Kind, err)
		}
		said, err := s.MessagesOf(ctx, ev.Key)
		if err != nil {
			return 0, 0, err
		}
		if got, was := text(t.Messages()), text(said); got != was {
			return 0, 0, fmt.Errorf("event %d (%s) says something else now:\nstored: %s\nnow:    %s", i+1, ev.Kind, was, got)
		}
		lines += len(said)
		c = t.Next
	}
	if got, was := text(c), text(want); got != was {
		return 0, 0, fmt.Errorf("the conversation ends differently:\nstored: %s\nnow:    %s", was, got)
	}
	return len(stored), lines, nil
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(data)
}
