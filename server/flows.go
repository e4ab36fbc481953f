package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"posdoctor/bot"
	"posdoctor/bot/talks"
	"posdoctor/knowledge"
)

func flowsCommand() *cobra.Command {
	fl := &cobra.Command{Use: "flows", Short: "The dialogue", Args: noArgs, RunE: needsSub}
	check := &cobra.Command{Use: "check", Short: "Prove the dialogue sound: no dead end, always a way to a person, no more messages than WeChat carries", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			lib, err := knowledge.Embedded()
			if err != nil {
				return err
			}
			b, err := bot.NewPlaybook(lib)
			if err != nil {
				return err
			}
			if faults := b.Audit(lib.Articles); len(faults) > 0 {
				return fmt.Errorf("the dialogue is not sound:\n%s", strings.Join(faults, "\n"))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "sound: %d states, %d events, %d causes, %d checks\n", len(b.Flow.States), len(b.Flow.Events), len(b.Flow.Table.Causes), len(b.Flow.Table.Checks))
			return nil
		}}
	var page, picture string
	draw := &cobra.Command{Use: "draw", Short: "Draw the dialogue: Mermaid on the screen, or files", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := book()
			if err != nil {
				return err
			}
			if page == "" && picture == "" {
				fmt.Fprint(cmd.OutOrStdout(), b.Flow.Mermaid())
			}
			for file, text := range map[string]string{page: b.Flow.Mermaid(), picture: b.Flow.SVG()} {
				if file == "" {
					continue
				}
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					return fmt.Errorf("drawing: %w", err)
				}
			}
			return nil
		}}
	draw.Flags().StringVar(&page, "out", "", "page with a Mermaid diagram to write, e.g. flows/dialogue.md")
	draw.Flags().StringVar(&picture, "svg", "", "picture to write, e.g. flows/dialogue.svg")
	fl.AddCommand(check, draw, flowsTestCommand(), simulateCommand(), refitCommand())
	return fl
}

// covered is how many in a hundred transitions of the table the talks must take.
const covered = 95

func flowsTestCommand() *cobra.Command {
	var dir string
	test := &cobra.Command{Use: "test", Short: "Play the talks and count what of the dialogue they cover", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			lib, err := talks.Shipped()
			if err != nil {
				return err
			}
			defer lib.Close()
			r, err := talks.Folder(cmd.Context(), lib, dir)
			if err != nil {
				return err
			}
			out, c := cmd.OutOrStdout(), r.Coverage
			fmt.Fprintf(out, "talks: %d, %d of them went differently\nstates: %d of %d\ntransitions: %d of %d (%d %%)\n", r.Talks, len(r.Different),
				c.States, c.OfStates, c.Transitions, c.OfTransitions, 100*c.Transitions/c.OfTransitions)
			for _, s := range c.MissingStates {
				fmt.Fprintf(out, "not entered: %s\n", s)
			}
			for _, m := range c.Missing {
				fmt.Fprintf(out, "not taken: %s --%s--> %s\n", m.From, m.Event, m.To)
			}
			for _, d := range r.Different {
				fmt.Fprintln(out, d)
			}
			switch {
			case len(r.Different) > 0:
				return fmt.Errorf("%d of %d talks went differently: look at them and run `go test ./bot -run Talks -update` if it is meant so", len(r.Different), r.Talks)
			case !c.Enough(covered):
				return fmt.Errorf("the talks take less than %d %% of the transitions: write talks for those that are not taken", covered)
			}
			return nil
		}}
	test.Flags().StringVar(&dir, "talks", "bot/testdata/talks", "folder of the talks; the default is found in a checkout")
	return test
}

func simulateCommand() *cobra.Command {
	n, seed := 10000, uint64(1)
	c := &cobra.Command{Use: "simulate", Short: "Let merchants drawn from the tables answer, and compare ways to ask", Args: noArgs,
		Long: "Draw merchants from the tables of causes and checks, let the dialogue diagnose them, and print as JSON how often the right cause and the\n" +
			"right action were found and with how many questions, beside a fixed order, a random order and, on a part of the table, the best\n" +
			"order that there is. The first message carries no hint unless said otherwise.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if n < 1 {
				return fmt.Errorf("%w: --n must be at least 1", errUsage)
			}
			lib, err := knowledge.Embedded()
			if err != nil {
				return err
			}
			b, err := bot.NewPlaybook(lib)
			if err != nil {
				return err
			}
			s, err := b.Flow.Simulate(n, seed, bot.CodeTopics(lib))
			if err != nil {
				return err
			}
			return printJSON(cmd.OutOrStdout(), s)
		}}
	c.Flags().IntVar(&n, "n", n, "merchants")
	c.Flags().Uint64Var(&seed, "seed", seed, "the same seed draws the same merchants")
	return c
}

// book is the shipped playbook; making it checks the flow.
func book() (*bot.Playbook, error) {
	lib, err := knowledge.Embedded()
	if err != nil {
		return nil, err
	}
	return bot.NewPlaybook(lib)
}
