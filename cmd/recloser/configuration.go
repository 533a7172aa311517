package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
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
var sample []byte

// configured returns the file that the user has: the one that was named, or
// recloser.yaml. It returns nil if none was named and there is none.
func (a *app) configured() (*config.File, error) {
	file, err := config.Load(a.config)
	if a.config == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return file, err
}

// devCircuits returns the circuits to run, and what is to be said of them.
func (a *app) devCircuits() (circuits []dev.Circuit, note string, err error) {
	file, err := a.configured()
	if err != nil {
		return nil, "", err
	}
	if file == nil {
		file, err = config.Parse(sampleName, sample, func(o *config.Options) { o.Environ = os.Environ() })
		if err != nil {
			return nil, "", err
		}
		note = "circuits       a sample; recloser init writes a recloser.yaml of your own"
	} else if file.Store.Memory == nil {
		note = fmt.Sprintf("store          in memory: dev never touches the %s of your file", file.Store)
	}
	for _, name := range file.Names() {
		c := file.Circuits[name]
		one := dev.Circuit{Name: name, Policy: c.Policy}
		if one.Statuses, err = statusesOf(c.Failures); err != nil {
			return nil, "", fmt.Errorf("circuits.%s.failures: %w", name, err)
		}
		if c.Upstream != "" {
			if one.Upstream, err = url.Parse(c.Upstream); err != nil {
				return nil, "", fmt.Errorf("circuits.%s.upstream: %w", name, err)
			}
		}
		for _, s := range file.Settings(name) {
			one.Settings = append(one.Settings, admin.Setting{Key: s.Path, Value: s.Value, Source: s.Source.String()})
		}
		circuits = append(circuits, one)
	}
	return circuits, note, nil
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

// storeOrServer returns why a command cannot reach the circuits: err, that no
// dev server runs, unless the user's file says that they are elsewhere.
func (a *app) storeOrServer(err error) error {
	file, configErr := a.configured()
	if configErr != nil {
		return configErr
	}
	if errors.Is(err, admin.ErrNoServer) && file != nil && file.Store.Memory == nil {
		return fmt.Errorf("the circuits are in %s, and this build knows only those of a dev server; start one with: recloser dev", file.Store)
	}
	return err
}
