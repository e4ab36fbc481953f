package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"posdoctor/bot"
	"posdoctor/knowledge"
)

func evalCommand() *cobra.Command {
	eval := &cobra.Command{Use: "eval", Short: "Measure how well questions are understood", Args: noArgs, RunE: needsSub}
	eval.AddCommand(retrievalCommand(), triageCommand(), fitCommand(), learnCommand())
	return eval
}

func triageCommand() *cobra.Command {
	var file string
	c := &cobra.Command{Use: "triage", Short: "Decide each message of a file as `ask` does, and count the first moves", Args: noArgs,
		Long: "Decide each message of a file as the first of a conversation and count the first moves. The file has one JSON object a line:\n" +
			"{id, text, expected, accept?, article?, say?, never?}; a move is answer, clarify, diagnose, acquirer, human or reject, and\n" +
			"clarify counts as diagnose. Prints JSON.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			questions, err := readFile(file, knowledge.ReadQuestions)
			if err != nil {
				return err
			}
			index, err := indexed(cmd)
			if err != nil {
				return err
			}
			defer index.Close()
			opts, err := read(cmd)
			if err != nil {
				return err
			}
			svc, err := storeless(cmd.Context(), bot.LibraryFinder{Index: index, Tell: opts.tell, Offer: opts.offer})
			if err != nil {
				return err
			}
			grades, err := knowledge.Grade(questions, func(text string) (knowledge.Decided, error) {
				d, err := decideWith(cmd.Context(), svc, text)
				return knowledge.Decided{Move: knowledge.Move(d.Decision), Article: d.Article, Reply: d.Reply}, err
			})
			if err != nil {
				return err
			}
			return printJSON(cmd.OutOrStdout(), grades)
		}}
	c.Flags().StringVar(&file, "questions", "", "file of questions")
	return c
}

// readFile reads a file that a flag names.
func readFile[T any](name string, read func(io.Reader) (T, error)) (T, error) {
	var none T
	if name == "" {
		return none, fmt.Errorf("%w: name the file", errUsage)
	}
	f, err := os.Open(name)
	if err != nil {
		return none, err
	}
	v, err := read(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return none, fmt.Errorf("%s: %w", name, err)
	}
	return v, nil
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
