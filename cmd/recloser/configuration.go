package main

import (
	_ "embed"
	"fmt"
	"net/url"
	"os"
	"slices"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
	"github.com/recloser-dev/recloser/config"
	"github.com/recloser-dev/recloser/guard/httpguard"
)

// sampleName is what errors and sources call the circuits of this program.
const sampleName = "sample"

//go:embed sample.yaml
var sampleText []byte

// devCircuits returns the circuits to run, and what is to be said of them; in
// memory is where they run.
func (a *app) devCircuits(inMemory bool) (circuits []dev.Circuit, notes []string, err error) {
	file, err := a.configured()
	if err != nil {
		return nil, nil, err
	}
	if file == nil {
		file, err = config.Parse(sampleName, sampleText, func(o *config.Options) { o.Environ = os.Environ() })
		if err != nil {
			return nil, nil, err
		}
		notes = append(notes, "circuits       a sample; recloser init writes a recloser.yaml of your own")
	}
	if inMemory && file.Store.Memory == nil {
		by := "your file"
		if a.getenv(config.EnvStore) != "" {
			by = config.EnvStore
		}
		notes = append(notes,
			fmt.Sprintf("store          in memory: dev never touches the %s of %s; --store shares one", file.Store, by),
			"               show and steer this one with --server latest, as in: recloser status --server latest")
	}
	for _, name := range file.Names() {
		c := file.Circuits[name]
		one := dev.Circuit{Name: name, Policy: c.Policy}
		if one.Statuses, err = statusesOf(c.Failures); err != nil {
			return nil, nil, fmt.Errorf("circuits.%s.failures: %w", name, err)
		}
		if c.Upstream != "" {
			if one.Upstream, err = url.Parse(c.Upstream); err != nil {
				return nil, nil, fmt.Errorf("circuits.%s.upstream: %w", name, err)
			}
		}
		one.Settings = settingsOf(file, name)
		circuits = append(circuits, one)
	}
	return circuits, notes, nil
}

// statusesOf returns what f says of the statuses of answers; the names of errors
// are for functions and workflows.
func statusesOf(f config.Failures) (s httpguard.Statuses, err error) {
	if s.Failures, err = httpguard.ParseStatusSet(f.HTTP...); err != nil {
		return s, err
	}
	ignored := slices.DeleteFunc(slices.Clone(f.Ignore), func(entry string) bool {
		_, err := httpguard.ParseStatusSet(entry)
		return err != nil
	})
	s.Ignored, err = httpguard.ParseStatusSet(ignored...)
	return s, err
}

// settingsOf returns the settings of a circuit as they are shown.
func settingsOf(file *config.File, name string) []admin.Setting {
	var settings []admin.Setting
	for _, s := range file.Settings(name) {
		settings = append(settings, admin.Setting{Key: s.Path, Value: s.Value, Source: s.Source.String()})
	}
	return settings
}
