package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"posdoctor/knowledge"
)

func libraryCommand() *cobra.Command {
	lib := &cobra.Command{Use: "knowledge", Short: "The FAQ", Args: noArgs, RunE: needsSub}
	var explain bool
	search := &cobra.Command{Use: "search MESSAGE", Short: "Show what the index finds for a message, and what is read from it", Args: someArgs(1, "a message"),
		RunE: func(cmd *cobra.Command, args []string) error {
			index, err := indexed(cmd)
			if err != nil {
				return err
			}
			defer index.Close()
			l := index.Library()
			opts, err := read(cmd)
			if err != nil {
				return err
			}
			hits, err := index.Explain(knowledge.Query{Text: args[0], Limit: 10})
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if len(hits) > 0 {
				fmt.Fprintf(out, "%-5s %7s  %-32s %s\n", "p", "score", "entry", "title (nearest wording)")
			}
			for _, h := range hits {
				fmt.Fprintf(out, "%.2f  %7.2f  %-32s %s  (%s)\n", h.P, h.Hit.Score, h.Article, h.Title, h.Wording)
				if explain {
					explainHit(out, h)
				}
			}
			if explain {
				fmt.Fprintf(out, "told from p %.2f, offered from p %.2f\n", opts.tell, opts.offer)
			}
			said := l.Read(args[0])
			for _, c := range said.Codes {
				fmt.Fprintf(out, "code %s (%q), in the table: %t\n", c.Code, c.Text, c.Known)
			}
			for _, e := range said.Evidence {
				fmt.Fprintf(out, "said: %s = %s\n", e.Check, e.Answer)
			}
			if len(hits)+len(said.Codes)+len(said.Evidence) == 0 {
				fmt.Fprintln(out, "nothing found for "+strings.TrimSpace(args[0]))
			}
			return nil
		}}
	search.Flags().BoolVar(&explain, "explain", false, "show the matched words and each part of score and probability")
	lib.AddCommand(importCommand(), draftsCommand(), publishCommand(), undoCommand(), exportCommand(), checkCommand(), search)
	return lib
}

// explainHit writes what a hit's score and probability are made of.
func explainHit(out io.Writer, h knowledge.Explanation) {
	parts := func(name string, list []knowledge.Part) {
		fmt.Fprintf(out, "      %s", name)
		for _, p := range list {
			fmt.Fprintf(out, "  %s %+.2f (%.2f x %.2f)", p.Name, p.Sum(), p.Value, p.Weight)
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "      words  %s\n", strings.Join(h.Words, "  "))
	parts("score", h.Parts)
	parts("p    ", h.Sureness)
	if h.AtMost < 1 {
		fmt.Fprintf(out, "      a rule lets it be %.2f at most\n", h.AtMost)
	}
}

// indexed is the shipped library, with the operator's files over it where a data folder was named.
func indexed(cmd *cobra.Command) (*knowledge.Index, error) {
	s, err := read(cmd)
	if err != nil {
		return nil, err
	}
	if !s.dataGiven {
		s.data = ""
	}
	lib, faulty, err := library(s, time.Now())
	if err := errors.Join(err, faulty); err != nil {
		return nil, err
	}
	return knowledge.NewIndex(lib)
}
