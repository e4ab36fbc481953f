package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"posdoctor/bot"
	"posdoctor/bot/live"
	"posdoctor/bot/store"
	"posdoctor/flows"
	"posdoctor/knowledge"
)

func refitCommand() *cobra.Command {
	var out string
	weight := 50.0
	c := &cobra.Command{Use: "refit", Short: "Say what recorded outcomes would change in priors and likelihoods", Args: noArgs,
		Long: "Read all stored conversations, take those whose cause became known (the record proved it, or its steps helped), and print which priors\n" +
			"and likelihoods they speak for changing. Nothing is changed by that. With --out the causes are written as a file that becomes part\n" +
			"of the library once somebody puts it into the folder library of the data folder.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if weight <= 0 {
				return fmt.Errorf("%w: --weight must be above 0", errUsage)
			}
			set, err := read(cmd)
			if err != nil {
				return err
			}
			lib, faulty, err := library(set, time.Now())
			if err = errors.Join(faulty, err); err != nil {
				return err
			}
			return withStore(cmd, func(ctx context.Context, s *store.Store) error {
				book, err := bot.NewPlaybook(lib)
				if err != nil {
					return err
				}
				cases, unread, err := outcomes(ctx, s)
				if err != nil {
					return err
				}
				table, changes := book.Flow.Table.Refit(cases, weight)
				if err := printJSON(cmd.OutOrStdout(), struct {
					Cases   int            `json:"cases"`
					Unread  int            `json:"unread"` // conversations that this program decides otherwise than they went
					Changes []flows.Change `json:"changes"`
				}{len(cases), unread, changes}); err != nil || out == "" {
					return err
				}
				for i := range lib.Causes {
					c, fresh := &lib.Causes[i], table.Causes[i]
					c.Prior, c.Yes = fresh.Prior, fresh.Yes
					c.Source = fmt.Sprintf("refitted on %d recorded outcomes; before: %s", len(cases), c.Source)
				}
				data, err := yaml.Marshal(struct {
					Causes []knowledge.Cause `yaml:"causes"`
				}{lib.Causes})
				if err != nil {
					return err
				}
				return os.WriteFile(out, data, 0o600)
			})
		}}
	c.Flags().StringVar(&out, "out", "", "file to write the causes to, e.g. refitted.yaml")
	c.Flags().Float64Var(&weight, "weight", weight, "how many cases the present numbers count for")
	return c
}

// outcomes plays all stored events again and returns the episodes whose cause became known, and how many conversations cannot be
// played: an older program decided them otherwise.
func outcomes(ctx context.Context, s *store.Store) (out []flows.Case, unread int, err error) {
	svc := &bot.Service{Store: s, Bus: &live.Bus{}, Engine: bot.NewEngine()}
	for after := ""; ; {
		ids, err := s.IDs(ctx, after, 500)
		if err != nil || len(ids) == 0 {
			return out, unread, err
		}
		for _, id := range ids {
			cases, ok, err := outcomesOf(ctx, s, svc, id)
			if err != nil {
				return nil, 0, fmt.Errorf("conversation %s: %w", id, err)
			}
			if !ok {
				unread++
			}
			out = append(out, cases...)
		}
		after = ids[len(ids)-1]
	}
}

func outcomesOf(ctx context.Context, s *store.Store, svc *bot.Service, id string) (out []flows.Case, ok bool, err error) {
	events, err := s.Events(ctx, id)
	if err != nil {
		return nil, false, err
	}
	stored, err := s.ConversationByID(ctx, id)
	if err != nil {
		return nil, false, err
	}
	c := bot.Conversation{ID: id, Address: stored.Address}
	counted := -1 // place in out of the episode under way, which counts once
	for _, ev := range events {
		book, err := svc.PlaybookOf(ctx, ev.Playbook)
		if err != nil {
			return nil, false, err
		}
		t, err := svc.Engine.Turn(c, ev)
		if err != nil {
			return out, false, nil
		}
		before, after := c.Dialogue, t.Next.Dialogue
		switch {
		case before.Result == "" || after.Result != "": // goes on, or ends
		case len(after.Tried) > 0 && counted >= 0:
			out, counted = out[:counted], -1 // taken up again: it had not helped after all
		default:
			counted = -1 // another episode
		}
		if cause := book.Flow.Known(before, after); cause != "" {
			if counted < 0 {
				counted, out = len(out), append(out, flows.Case{})
			}
			out[counted] = flows.Case{Cause: cause, Evidence: after.Evidence}
		}
		c = t.Next
	}
	return out, true, nil
}
