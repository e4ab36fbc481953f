package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"posdoctor/bot"
	"posdoctor/bot/live"
)

// decision is what `ask --json` prints.
type decision struct {
	Decision string       `json:"decision"` // answer, clarify, diagnose, acquirer, human, reject
	Article  string       `json:"article"`  // the entry it starts from, "" for none
	Causes   []bot.Likely `json:"causes"`   // best first
	Check    string       `json:"check"`    // the check that is asked, "" for none
	Reply    string       `json:"reply"`    // all that the merchant reads, as plain lines
	Hits     []found      `json:"hits"`
	Card     bot.Summary  `json:"card"`
}

type found struct {
	ID    string  `json:"id"`
	Title string  `json:"title"`
	Score float64 `json:"score"`
	P     float64 `json:"p"`
}

func askCommand() *cobra.Command {
	var asJSON bool
	ask := &cobra.Command{Use: "ask MESSAGE", Short: "Decide one message as the first of a conversation; writes nothing",
		Long: "Decide one message as the first of a conversation, with the shipped library; --data DIR adds what the operator of that data folder\n" +
			"published. Nothing is written.", Args: someArgs(1, "a message"),
		RunE: func(cmd *cobra.Command, args []string) error {
			index, err := indexed(cmd)
			if err != nil {
				return err
			}
			opts, err := read(cmd)
			if err != nil {
				return err
			}
			// The index is not closed: the process ends, and closing would wait for a full text that was not needed.
			d, err := decide(cmd.Context(), bot.LibraryFinder{Index: index, Tell: opts.tell, Offer: opts.offer, Now: time.Now}, args[0])
			if err != nil {
				return err
			}
			if !asJSON {
				fmt.Fprintf(cmd.OutOrStdout(), "%s\n\n(%s %s)\n", d.Reply, d.Decision, d.Article)
				return nil
			}
			return printJSON(cmd.OutOrStdout(), d)
		}}
	ask.Flags().BoolVar(&asJSON, "json", false, "print the whole decision as JSON")
	return ask
}

// decide runs one message through the real engine with an empty conversation.
func decide(ctx context.Context, finder bot.LibraryFinder, text string) (decision, error) {
	svc, err := storeless(ctx, finder)
	if err != nil {
		return decision{}, err
	}
	return decideWith(ctx, svc, text)
}

// decideWith is decide with a service that is there already.
func decideWith(ctx context.Context, svc *bot.Service, text string) (decision, error) {
	t, ev, err := svc.Try(ctx, bot.Conversation{ID: "ask"}, bot.Event{Kind: bot.EventSaid, Text: text})
	if err != nil {
		return decision{}, err
	}
	book, err := svc.PlaybookOf(ctx, t.Next.Playbook)
	if err != nil {
		return decision{}, err
	}
	d := decision{Decision: t.Decision, Article: t.Article, Card: book.Summarize(t.Next), Causes: []bot.Likely{}, Hits: []found{}}
	for _, l := range d.Card.Likely {
		d.Causes = append(d.Causes, bot.Likely{ID: l.ID, P: l.P})
	}
	if p := t.Next.Dialogue.Pending; p != nil && p.Kind == "check" {
		d.Check = p.Ref
	}
	if f := ev.Finding; f != nil {
		for _, h := range f.Hits {
			d.Hits = append(d.Hits, found{h.Article, h.Title, h.Score, h.P})
		}
	}
	var lines []string
	for _, m := range t.Messages() {
		if m.From != bot.FromUser {
			line := m.Text
			for i, c := range m.Choices {
				line += fmt.Sprintf("\n%d. %s", i+1, c.Text)
			}
			lines = append(lines, line)
		}
	}
	d.Reply = strings.Join(lines, "\n")
	return d, nil
}

// storeless returns a service that can decide and keeps nothing.
func storeless(ctx context.Context, finder bot.LibraryFinder) (*bot.Service, error) {
	svc := &bot.Service{Bus: &live.Bus{}, Finder: finder, Engine: bot.NewEngine(), Now: time.Now, NewID: bot.NewID,
		Log: slog.New(slog.DiscardHandler)}
	book, err := bot.NewPlaybook(finder.Index.Library())
	if err == nil {
		err = svc.Publish(ctx, book)
	}
	return svc, err
}
