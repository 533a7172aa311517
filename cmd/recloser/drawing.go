package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/picture"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
)

// draw writes the pictures of a trial that were asked for.
func (a *app) draw(s *simulation, t *trial.Trial) error {
	if len(t.Runs) == 0 {
		return nil // It was interrupted before anything had happened.
	}
	if s.page != "" {
		page, err := picture.Page(t, s.assertions)
		if err != nil {
			return err
		}
		if err := a.writeDrawing(s.page, page); err != nil {
			return err
		}
	}
	if s.svg == "" {
		return nil
	}
	return a.writeDrawings(s.svg, picture.Pictures(t))
}

// writeDrawings writes files into a directory, which it makes if it is not there.
func (a *app) writeDrawings(dir string, pictures map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("%w; choose another place", err)
	}
	for _, name := range slices.Sorted(maps.Keys(pictures)) {
		if err := a.writeDrawing(filepath.Join(dir, name), pictures[name]); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) writeDrawing(path string, text []byte) error {
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("%w; choose another place", err)
	}
	a.say("%s is written", path)
	return nil
}
