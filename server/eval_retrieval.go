package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"posdoctor/knowledge"
)

// sets are the flags that name sets to measure with.
type sets struct{ corpora, queries []string }

func retrievalCommand() *cobra.Command {
	var corpus, queries, train string
	var leave, baseline bool
	c := &cobra.Command{Use: "retrieval", Short: "Measure how often the right entry of a corpus is found", Args: noArgs,
		Long: "Index a corpus as the library is indexed, search it as merchants' messages are searched, and print as JSON how often the right\n" +
			"entry came first, how quickly, and at what cost. The corpus has one object {id, question, aliases?} a line, the queries one\n" +
			"object {id, text, relevant} a line.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			lib, err := readFile(corpus, knowledge.ReadCorpus)
			if err != nil {
				return err
			}
			asked, err := readFile(queries, knowledge.ReadAsked)
			if err != nil {
				return err
			}
			set := knowledge.Set{Library: lib, Asked: asked, LeaveOneOut: leave}
			if train != "" {
				if set.Train, err = readFile(train, knowledge.ReadPairs); err != nil {
					return err
				}
			}
			out := struct {
				knowledge.Retrieval
				Baseline map[string]knowledge.Retrieval `json:"baseline,omitempty"`
			}{}
			if out.Retrieval, err = set.Evaluate(); err != nil {
				return err
			}
			if baseline {
				if out.Baseline, err = set.Baselines(); err != nil {
					return err
				}
			}
			return printJSON(cmd.OutOrStdout(), out)
		}}
	f := c.Flags()
	f.StringVar(&corpus, "corpus", "", "file of entries")
	f.StringVar(&queries, "queries", "", "file of queries")
	f.BoolVar(&leave, "leave-one-out", false, "ignore a wording that is the query itself")
	f.BoolVar(&baseline, "baseline", false, "measure Bleve with its analyzers cjk and standard, and with our terms, beside it")
	f.StringVar(&train, "train", "", "file of pairs {a, b} that mean the same; vectors are learnt from them too, for this run alone")
	return c
}

func learnCommand() *cobra.Command {
	var out string
	c := &cobra.Command{Use: "learn", Short: "Learn the vectors of the shipped library anew, after its wordings changed", Args: noArgs,
		Long: "Learn the vectors of the shipped library from its own wordings and write knowledge/meaning.bin. Another library than the file's learns\n" +
			"its vectors in the background of the server, so a file that is out of date costs seconds after a start, and no answer.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			lib, err := knowledge.Embedded()
			if err != nil {
				return err
			}
			data, err := knowledge.LearnShipped(cmd.Context(), &lib)
			if err != nil {
				return err
			}
			return os.WriteFile(out, data, 0o644)
		}}
	c.Flags().StringVar(&out, "out", "knowledge/meaning.bin", "file to write")
	return c
}

func fitCommand() *cobra.Command {
	var s sets
	var unrelated, out string
	c := &cobra.Command{Use: "fit", Short: "Choose the weights of the ranker anew", Args: noArgs,
		Long: "Choose the weights of the features and of the signs of knowledge/model.json. It is fitted on the library's own wordings, each asked\n" +
			"while it is left out, and on the sets that are named: the n-th --corpus with the n-th --queries. A wording that is the query is\n" +
			"left out. No word has a weight of its own, so nothing of the sets comes into the file but these numbers.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(s.corpora) != len(s.queries) {
				return fmt.Errorf("%w: as many --queries as --corpus are needed", errUsage)
			}
			lib, err := knowledge.Embedded()
			if err != nil {
				return err
			}
			own := knowledge.LeftOut(lib)
			short := knowledge.Shortened(lib)
			misheard := knowledge.Misheard(lib)
			list := []knowledge.Set{own, short, misheard}
			fitted := fmt.Sprintf("the library's own wordings (%d, revision %s), left one out, %d of them shortened, %d misheard", len(own.Asked), lib.Revision, len(short.Asked), len(misheard.Asked))
			for i := range s.corpora {
				corpus, err := readFile(s.corpora[i], knowledge.ReadCorpus)
				if err != nil {
					return err
				}
				asked, err := readFile(s.queries[i], knowledge.ReadAsked)
				if err != nil {
					return err
				}
				list = append(list, knowledge.Set{Library: corpus, Asked: asked, LeaveOneOut: true})
				fitted += fmt.Sprintf("; %d queries over %d entries", len(asked), len(corpus.Articles))
			}
			var texts []string
			if unrelated != "" {
				asked, err := readFile(unrelated, knowledge.ReadAsked)
				if err != nil {
					return err
				}
				for i, a := range asked {
					if i%5 == 0 { // some hundred are enough
						texts = append(texts, a.Text)
					}
				}
				fitted += fmt.Sprintf("; %d messages about other things", len(texts))
			}
			data, err := knowledge.Fit(fitted+"; by `server eval fit`", list, texts)
			if err != nil {
				return err
			}
			return os.WriteFile(out, append(data, '\n'), 0o644)
		}}
	f := c.Flags()
	f.StringArrayVar(&s.corpora, "corpus", nil, "file of entries")
	f.StringArrayVar(&s.queries, "queries", nil, "file of queries")
	f.StringVar(&unrelated, "unrelated", "", "file of messages that nothing answers")
	f.StringVar(&out, "out", "knowledge/model.json", "file to write")
	return c
}
