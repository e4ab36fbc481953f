package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"posdoctor/knowledge"
)

func libraryCommand() *cobra.Command {
	lib := &cobra.Command{Use: "knowledge", Short: "The FAQ", Args: noArgs, RunE: needsSub}
	search := &cobra.Command{Use: "search MESSAGE", Short: "Show what the index finds for a message, and what is read from it", Args: someArgs(1, "a message"),
		RunE: func(cmd *cobra.Command, args []string) error {
			index, err := indexed(cmd)
			if err != nil {
				return err
			}
			defer index.Close()
			l := index.Library()
			hits, err := index.Search(knowledge.Query{Text: args[0], Limit: 10})
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if len(hits) > 0 {
				fmt.Fprintf(out, "%-5s %7s  %-32s %s\n", "p", "score", "entry", "title (nearest wording)")
			}
			for _, h := range hits {
				fmt.Fprintf(out, "%.2f  %7.2f  %-32s %s  (%s)\n", h.P, h.Score, h.Article, h.Title, h.Wording)
			}
			read := l.Read(args[0])
			for _, c := range read.Codes {
				fmt.Fprintf(out, "code %s (%q), in the table: %t\n", c.Code, c.Text, c.Known)
			}
			for _, e := range read.Evidence {
				fmt.Fprintf(out, "said: %s = %s\n", e.Check, e.Answer)
			}
			if len(hits)+len(read.Codes)+len(read.Evidence) == 0 {
				fmt.Fprintln(out, "nothing found for "+strings.TrimSpace(args[0]))
			}
			return nil
		}}
	lib.AddCommand(importCommand(), draftsCommand(), publishCommand(), undoCommand(), exportCommand(), checkCommand(), search)
	return lib
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
