package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"posdoctor/knowledge"
	"posdoctor/knowledge/importer"
)

func checkCommand() *cobra.Command {
	var strict bool
	c := &cobra.Command{Use: "check [FOLDER]", Short: "Check the shipped library, or a folder of your own laid over it: faults with file and line; near-duplicates, entries with few wordings, wordings with another entry's code", Args: atMostOne("a folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := libraryFor(cmd, args)
			if err != nil {
				return err
			}
			for _, a := range l.Lapsed(time.Now()) {
				fmt.Fprintf(cmd.OutOrStdout(), "warning: article %q was valid until %s and is not told any more\n", a.ID, a.ValidTo)
			}
			findings := importer.Findings(l)
			for _, f := range findings {
				fmt.Fprintln(cmd.OutOrStdout(), f)
			}
			if strict && len(findings) > 0 {
				return fmt.Errorf("%d findings", len(findings))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "sound: %d articles, %d causes, %d checks, revision %s; %d findings\n", len(l.Articles), len(l.Causes), len(l.Checks), l.Revision, len(findings))
			return nil
		}}
	c.Flags().BoolVar(&strict, "strict", false, "findings fail too, not faults alone")
	return c
}

// libraryFor is the shipped library with a folder over it, or with the data folder's own files where that was named.
func libraryFor(cmd *cobra.Command, args []string) (knowledge.Library, error) {
	l, err := knowledge.Embedded()
	if err != nil {
		return l, err
	}
	if len(args) == 1 {
		return knowledge.LoadDir(l, args[0])
	}
	s, err := read(cmd)
	if err != nil || !s.dataGiven {
		return l, err
	}
	lib, faulty, err := written(s)
	return lib, errors.Join(err, faulty)
}

func exportCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{Use: "export", Short: "Write the library in use as YAML to lay over the shipped one, which gives it back equal; the shipped one itself unless --data is given", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := libraryFor(cmd, nil)
			if err != nil {
				return err
			}
			shipped, err := knowledge.Embedded()
			if err != nil {
				return err
			}
			data, err := knowledge.EncodeLibrary(l, &shipped)
			if err != nil {
				return err
			}
			if dir == "" {
				_, err := cmd.OutOrStdout().Write(data)
				return err
			}
			if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
				return fmt.Errorf("the folder %s is not empty; name a new one", dir)
			}
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return err
			}
			name := filepath.Join(dir, "library.yaml")
			if err := os.WriteFile(name, data, 0o600); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d articles, %d causes, %d checks, revision %s\n", name, len(l.Articles), len(l.Causes), len(l.Checks), l.Revision)
			return nil
		}}
	c.Flags().StringVar(&dir, "out", "", "write into this new folder instead of the terminal")
	return c
}
