package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"posdoctor/bot"
)

func talkCommand() *cobra.Command {
	return &cobra.Command{Use: "talk", Short: "Chat with the bot in the terminal; with --data also with the agents of that server", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := read(cmd)
			if err != nil {
				return err
			}
			if !s.levelGiven {
				s.level = 8 // errors alone: the terminal is the chat
			}
			if s.dataGiven {
				if _, err := os.Stat(s.data); err != nil {
					return fmt.Errorf("the data folder cannot be read: %w; name the one of the server, or none", err)
				}
			} else {
				if s.data, err = os.MkdirTemp("", "posdoctor-talk-"); err != nil {
					return err
				}
				defer os.RemoveAll(s.data)
			}
			return talk(cmd.Context(), s, cmd.InOrStdin(), cmd.OutOrStdout())
		}}
}

// talk holds one conversation: it reads lines from in and writes what the others say to out.
func talk(ctx context.Context, s settings, in io.Reader, out io.Writer) error {
	a, err := newApp(ctx, s, newLog(s))
	if err != nil {
		return err
	}
	defer a.close()
	// Beside a server, the server does what goes on in the background; without one this process does.
	lock, locked := lockFolder(s.data)
	if locked == nil {
		defer lock.Close()
		defer a.work(ctx)()
	}
	// The server would not hear at once of a fragment that waits here, so none does.
	t := &terminal{a: a, out: out, conversation: bot.NewID(), whole: locked != nil}
	t.address = bot.Address{Channel: "terminal", Account: "local", User: t.conversation}
	if err := t.handle(ctx, bot.Event{Kind: bot.EventFollowed}); err != nil {
		return err
	}
	follow, cancel := context.WithCancel(ctx)
	var following sync.WaitGroup
	following.Go(func() { t.follow(follow) })
	defer following.Wait()
	defer cancel()
	lines := make(chan string)
	go scan(in, lines) // it may stay at its read when a signal ends the talk; the process ends then
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			if !ok {
				t.settle(ctx, 15*time.Second, true)
				return nil
			}
			if err := t.handle(ctx, bot.Event{Kind: bot.EventSaid, Text: line, Whole: t.whole}); err != nil {
				fmt.Fprintln(out, "  (", err, ")")
			}
			t.settle(ctx, time.Second, false) // an answer that comes soon is read before the next line is written
		}
	}
}

// scan sends the lines of in that are not blank.
func scan(in io.Reader, lines chan<- string) {
	defer close(lines)
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 0, 4096), 1<<20)
	for s.Scan() {
		if line := strings.TrimSpace(s.Text()); line != "" {
			lines <- line
		}
	}
}

// terminal is a conversation on the screen.
type terminal struct {
	a            *app
	out          io.Writer
	address      bot.Address
	conversation string
	whole        bool // a line is answered at once, also a fragment

	mu   sync.Mutex
	seen int64
}

func (t *terminal) handle(ctx context.Context, ev bot.Event) error {
	ev.Conversation = t.conversation
	if _, err := t.a.service.Handle(ctx, t.address, ev); err != nil {
		return err
	}
	return t.show(ctx)
}

// show writes the lines that were not shown yet.
func (t *terminal) show(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines, err := t.a.store.Messages(ctx, t.conversation, t.seen, 500)
	for _, m := range lines {
		t.seen = m.Seq
		if m.From != bot.FromUser {
			fmt.Fprintln(t.out, plain(m))
		}
	}
	return err
}

// plain writes a line for a terminal.
func plain(m bot.Message) string {
	who := map[string]string{bot.FromBot: "医生", bot.FromSystem: "系统", bot.FromAgent: "客服"}[m.From]
	text := m.Text
	for i, c := range m.Choices {
		text += fmt.Sprintf("\n%d. %s", i+1, c.Text)
	}
	return who + "  " + strings.ReplaceAll(text, "\n", "\n      ")
}

// follow shows what others say, also from another process on the same data folder.
func (t *terminal) follow(ctx context.Context) {
	wake, cancel := t.a.bus.Subscribe(t.conversation)
	defer cancel()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-tick.C:
		}
		if err := t.show(ctx); err != nil && !errors.Is(err, context.Canceled) {
			fmt.Fprintln(t.out, "  (", err, ")")
		}
	}
}

// settle waits for an answer that is still on its way; with last also for that to a fragment, which no line follows any more.
func (t *terminal) settle(ctx context.Context, most time.Duration, last bool) {
	for end := time.Now().Add(most); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		c, err := t.a.store.ConversationByID(ctx, t.conversation)
		if err != nil || c.Dialogue.Waits == "" && (c.Held == nil || !last) {
			break
		}
	}
	if err := t.show(ctx); err != nil {
		fmt.Fprintln(t.out, "  (", err, ")")
	}
}
