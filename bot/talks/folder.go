package talks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"posdoctor/flows"
)

// Report is what came of playing a folder of talks.
type Report struct {
	Talks     int
	Different []string // a sentence for each talk that went differently than its file says
	Coverage  flows.Coverage
}

// Folder plays every talk of a folder, in the order of their names.
func Folder(ctx context.Context, lib *Library, dir string) (Report, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return Report{}, err
	}
	if len(files) == 0 {
		return Report{}, fmt.Errorf("there are no talks (*.txt) in %s: run this in a checkout, or name their folder with --talks", dir)
	}
	slices.Sort(files)
	r := Report{Talks: len(files)}
	var moves []flows.Move
	for _, file := range files {
		took, different, err := one(ctx, lib, file)
		if err != nil {
			return Report{}, fmt.Errorf("%s: %w", file, err)
		}
		if different != "" {
			r.Different = append(r.Different, fmt.Sprintf("%s went differently, %s", filepath.Base(file), different))
		}
		moves = append(moves, took...)
	}
	r.Coverage = lib.Flow().Coverage(moves)
	return r, nil
}

func one(ctx context.Context, lib *Library, file string) (moves []flows.Move, different string, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, "", err
	}
	dir, err := os.MkdirTemp("", "talk-")
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := NewStage(ctx, lib, dir)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }() // before its folder goes
	got, err := s.Play(ctx, string(data))
	if err != nil {
		return nil, "", err
	}
	if got != string(data) {
		different = Difference(string(data), got)
	}
	return s.Moves, different, nil
}
