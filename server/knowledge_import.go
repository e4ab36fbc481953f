package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"posdoctor/bot"
	"posdoctor/knowledge"
	"posdoctor/knowledge/importer"
)

func importCommand() *cobra.Command {
	return &cobra.Command{Use: "import FILE...", Short: "Read articles (text, HTML, Markdown, DOCX) and tables (CSV, XLSX) into drafts", Args: atLeastOne("a file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := openDrafts(cmd)
			if err != nil {
				return err
			}
			defer d.close()
			bar := progressBar(os.Stderr)
			r, err := d.store.Import(cmd.Context(), args, d.lib, time.Now(), bar.tell)
			bar.end()
			if err != nil {
				return fmt.Errorf("nothing was imported:\n%w", err)
			}
			out := cmd.OutOrStdout()
			for _, known := range r.Known {
				fmt.Fprintln(out, known)
			}
			if r.ID == "" {
				return nil
			}
			fmt.Fprintf(out, "import %s\n", r.ID)
			for _, f := range r.Files {
				fmt.Fprintf(out, "%s: %s (%s), %d lines dropped; %s\n", f.Import.File, f.Drafts(), f.Import.Format, len(f.Import.Dropped), f.Path())
				draftTable(out, f)
			}
			fmt.Fprintf(out, "They answer nobody yet. Read them, then: knowledge publish ID...; knowledge undo %s takes all back.\n", r.ID)
			return nil
		}}
}

func draftsCommand() *cobra.Command {
	var dropped bool
	c := &cobra.Command{Use: "drafts [ID]", Short: "List drafts; with the id of a draft or an import, show it in full", Args: atMostOne("a draft or an import"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := read(cmd)
			if err != nil {
				return err
			}
			files, err := importer.Store{Data: s.data}.Files()
			if err != nil {
				return err
			}
			out, found := cmd.OutOrStdout(), len(args) == 0
			for _, f := range files {
				switch {
				case len(args) == 0 || args[0] == f.Import.ID:
					found = true
					fmt.Fprintf(out, "%s  %s  %s  %s (%s), %d lines dropped; %s\n", f.Import.ID, f.Import.At, f.Import.File, f.Drafts(), f.Import.Format, len(f.Import.Dropped), f.Path())
					draftTable(out, f)
					if dropped {
						for _, d := range f.Import.Dropped {
							fmt.Fprintf(out, "  %5d  %s  (%s)\n", d.Line, d.Text, d.Why)
						}
					}
				default:
					for _, a := range f.Articles {
						if a.ID != args[0] {
							continue
						}
						found = true
						text, err := knowledge.Encode(a)
						if err != nil {
							return err
						}
						fmt.Fprintf(out, "%s", text)
					}
				}
			}
			if !found {
				return fmt.Errorf("there is no draft and no import %q; `knowledge drafts` lists them", args[0])
			}
			if len(files) == 0 {
				fmt.Fprintln(out, "no drafts")
			}
			return nil
		}}
	c.Flags().BoolVar(&dropped, "dropped", false, "with every line that was dropped, and why")
	return c
}

// draftTable lists the drafts of a file: what they hold, and what is like them.
func draftTable(out io.Writer, f *importer.File) {
	for _, a := range f.Articles {
		causes, impacts, solution, prevention := importer.Points(a)
		fmt.Fprintf(out, "  %s  %s  (causes %d, impacts %d, solution %d, prevention %d; wordings %d)\n", a.ID, a.Title, causes, impacts, solution, prevention, len(a.Wordings))
		d, _ := f.Record(a.ID)
		if d.Into != "" {
			fmt.Fprintf(out, "      asks the same as %s: publishing gives that entry its wordings\n", d.Into)
			continue
		}
		for _, l := range d.Like {
			fmt.Fprintf(out, "      like: %s %.2f (%s)\n", l.Entry, l.P, l.Wording)
		}
	}
}

func publishCommand() *cobra.Command {
	var own bool
	c := &cobra.Command{Use: "publish ID...", Short: "Let drafts answer, by their ids or the id of a whole import; a running server has them within two seconds", Args: atLeastOne("a draft or an import"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := openDrafts(cmd)
			if err != nil {
				return err
			}
			defer d.close()
			changes, err := d.store.Publish(args, d.shipped, own, sound)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			for _, c := range changes {
				switch {
				case c.Kept != "":
					fmt.Fprintf(out, "%s: %s\n", c.ID, c.Kept)
				case c.Into != "" && len(c.Words) == 0:
					fmt.Fprintf(out, "%s: %s has all its wordings already\n", c.ID, c.Into)
				case c.Into != "":
					fmt.Fprintf(out, "%s: joined to %s as %s; what that entry tells stays (--own makes an entry of it)\n", c.ID, c.Into, strings.Join(c.Words, ", "))
				default:
					fmt.Fprintf(out, "%s: published: %s\n", c.ID, c.Title)
				}
			}
			if len(changes) == 0 {
				fmt.Fprintln(out, "nothing was left to publish")
			}
			return nil
		}}
	c.Flags().BoolVar(&own, "own", false, "publish as entries of their own what would join another entry")
	return c
}

func undoCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{Use: "undo IMPORT", Short: "Take a whole import back: its drafts and what was published of it", Args: someArgs(1, "an import"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := openDrafts(cmd)
			if err != nil {
				return err
			}
			defer d.close()
			changes, err := d.store.Undo(args[0], d.shipped, force, sound)
			if err != nil {
				return err
			}
			gone, kept := 0, 0
			for _, c := range changes {
				if c.Kept == "" {
					gone++
					continue
				}
				kept++
				fmt.Fprintf(cmd.OutOrStdout(), "%s stays: %s (--force takes it too)\n", strings.TrimSpace(c.ID+" "+c.Into), c.Kept)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "import %s: %d taken back, %d stay\n", args[0], gone, kept)
			if kept > 0 {
				return fmt.Errorf("import %s was taken back in part", args[0])
			}
			return nil
		}}
	c.Flags().BoolVar(&force, "force", false, "take back also what was edited since")
	return c
}

// sound refuses a library that no dialogue could be led with.
func sound(l knowledge.Library) error {
	_, err := bot.NewPlaybook(l)
	return err
}

// draftsInUse are the drafts of the data folder while one command works on them.
type draftsInUse struct {
	store        importer.Store
	shipped, lib knowledge.Library
	lock         *os.File
}

func (d draftsInUse) close() { d.lock.Close() }

func openDrafts(cmd *cobra.Command) (d draftsInUse, err error) {
	s, err := read(cmd)
	if err != nil {
		return d, err
	}
	if d.shipped, err = knowledge.Embedded(); err != nil {
		return d, err
	}
	lib, faulty, err := written(s)
	if err := errors.Join(err, faulty); err != nil {
		return d, fmt.Errorf("the library in use is not sound, mend it first:\n%w", err)
	}
	d.lib, d.store = lib, importer.Store{Data: s.data}
	dir := filepath.Join(s.data, "drafts")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return d, fmt.Errorf("the data folder %s cannot be written: %w; choose another one with --data", s.data, err)
	}
	if d.lock, err = lockFolder(dir); err != nil {
		return d, fmt.Errorf("another command works on the drafts, or they cannot be written: %w", err)
	}
	return d, nil
}

func atLeastOne(name string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("%w: %s needs %s at least", errUsage, c.CommandPath(), name)
		}
		return nil
	}
}
