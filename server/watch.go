package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"posdoctor/bot"
	"posdoctor/knowledge"
)

// libraryFolder is where an operator's own entries stand, below the data folder. They are laid over the shipped library.
const libraryFolder = "library"

// lookFor is how often the folder is looked at; a change answers merchants within two seconds.
const lookFor = time.Second

// library reads the shipped library with the operator's files over it, as this installation tells it today. faulty says what is
// wrong with those files; the shipped library alone comes with it then, as it does without a data folder.
func library(s settings, at time.Time) (lib knowledge.Library, faulty, err error) {
	lib, faulty, err = written(s)
	if err != nil {
		return lib, nil, err
	}
	lib, err = lib.For(s.scope(at))
	return lib, faulty, err
}

// written is the library as it is written, with what other installations and other days are told.
func written(s settings) (lib knowledge.Library, faulty, err error) {
	lib, err = knowledge.Embedded()
	if err != nil {
		return lib, nil, fmt.Errorf("reading the library: %w", err)
	}
	dir := filepath.Join(s.data, libraryFolder)
	if _, err := os.Stat(dir); s.data != "" && !errors.Is(err, fs.ErrNotExist) {
		over, fault := knowledge.LoadOver(lib, os.DirFS(dir))
		if faulty = fault; fault == nil {
			lib = over
		}
	}
	return lib, faulty, nil
}

// beijing is where the merchants are.
var beijing = time.FixedZone("CST", 8*60*60)

// errFaulty marks files that are no sound library.
var errFaulty = errors.New("the files are not sound")

// watch takes in the operator's files whenever they change. A fault leaves the library as it is and is logged once.
func (a *app) watch(ctx context.Context) {
	tick := time.NewTicker(lookFor)
	defer tick.Stop()
	var learning sync.WaitGroup // vectors of a library that is not the shipped one; until they are there its words do
	defer learning.Wait()
	learn := func() {
		learning.Go(func() {
			if err := a.index.Learn(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("the library's vectors were not learnt", "err", err)
			}
		})
	}
	learn()
	dir, seen := filepath.Join(a.s.data, libraryFolder), a.libraryAt
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if now := stamp(dir, time.Now()); now != seen {
			seen = now
			if err := a.reload(ctx); err != nil {
				a.log.Error("the library stays as it was", "folder", dir, "err", err)
				if !errors.Is(err, errFaulty) {
					seen = "" // not the files' fault: tried again
				}
			} else {
				learn()
			}
		}
	}
}

// stamp is a text that changes when a file in the folder does, and every day: entries begin and end with one.
func stamp(dir string, at time.Time) string {
	s := at.In(beijing).Format(time.DateOnly) + "\n"
	filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil
		}
		if info, err := e.Info(); err == nil {
			s += fmt.Sprintf("%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return s
}

// reload takes in the library as it is on the disk now. Conversations under way keep their playbook.
func (a *app) reload(ctx context.Context) error {
	lib, faulty, err := library(a.s, time.Now())
	if err != nil {
		return err
	}
	if faulty != nil {
		return fmt.Errorf("%w: %w", errFaulty, faulty)
	}
	book, err := bot.NewPlaybook(lib)
	if err != nil {
		return fmt.Errorf("%w: %w", errFaulty, err)
	}
	if err := a.index.Replace(ctx, lib); err != nil {
		return err
	}
	if err := a.service.Publish(ctx, book); err != nil {
		return err
	}
	a.log.Info("the library was taken in", "revision", lib.Revision, "articles", len(lib.Articles))
	return nil
}
