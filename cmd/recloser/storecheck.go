package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// check is one thing that is looked at in a store.
type check struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	// Problem is what is wrong and what to do about it.
	Problem string `json:"problem,omitempty"`

	err error
}

// checkList is what was looked at in a store.
type checkList struct {
	SchemaVersion int     `json:"schema_version"`
	Store         string  `json:"store"`
	OK            bool    `json:"ok"`
	Checks        []check `json:"checks"`
}

// checker is a store that can look at itself.
type checker interface {
	Check(ctx context.Context) error
}

func (a *app) storeCheckCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look whether the store is as it should be, and may be used",
		Long: `Look whether the store is as it should be, and whether the credentials of this
terminal may read, write and list it. It changes nothing: the write is one whose
condition no record meets.`,
		Example: `  recloser store check --store "dynamodb://recloser?region=eu-central-1"`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			opened, err := a.openNamed(cmd)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, opened.Close()) }()
			checks := checksOf(cmd.Context(), opened)
			list := checkList{SchemaVersion: admin.SchemaVersion, Store: opened.Name, OK: true, Checks: checks}
			var failed []error
			for _, c := range checks {
				if c.err != nil {
					failed = append(failed, c.err)
				}
			}
			list.OK = len(failed) == 0
			if err := a.write(list, func(w io.Writer) error { return writeChecks(w, checks) }); err != nil {
				return err
			}
			if len(failed) == 0 {
				return nil
			}
			return &codedError{codeOf(cmd.Context(), failed[0]), fmt.Errorf("%d of %d checks failed", len(failed), len(checks))}
		},
	}
	a.addStoreFlag(cmd)
	a.addOutputFlag(cmd)
	return cmd
}

// checksOf looks at a store. What rests on something that is not there is left
// out.
func checksOf(ctx context.Context, opened *storage.Opened) []check {
	var all []check
	look := func(what string, err error) bool {
		if err == nil {
			all = append(all, check{What: what, OK: true})
			return true
		}
		for problem := range strings.SplitSeq(storage.Explain(err), "\n") {
			all = append(all, check{What: what, Problem: problem, err: err})
		}
		return false
	}
	var err error
	switch c, ok := opened.Store.(checker); {
	case opened.Client != nil:
		err = dynamostore.Check(ctx, opened.Client, opened.Table)
		look("the table, its key and its time to live", err)
	case ok:
		err = c.Check(ctx)
		look("the server", err)
	}
	if errors.Is(err, dynamostore.ErrWrongTable) && !errors.Is(readable(ctx, opened), dynamostore.ErrWrongTable) {
		err = nil // It can be used, as far as it goes.
	}
	if err != nil && storage.FaultOf(err) != storage.FaultDenied {
		return all
	}
	if err := readable(ctx, opened); !look("read a circuit", err) && storage.FaultOf(err) != storage.FaultDenied {
		return all
	}
	_, err = opened.Store.Apply(ctx, probeCircuit, recloser.Unwatch{Generation: math.MaxUint64, Was: 1})
	if errors.Is(err, recloser.ErrConflict) {
		err = nil
	}
	look("write a circuit", err)
	if lister, ok := opened.Store.(recloser.Lister); ok {
		_, err := lister.Keys(ctx, "", 1)
		look("list the circuits", err)
	}
	if historian, ok := opened.Store.(recloser.Historian); ok {
		_, err := historian.History(ctx, probeCircuit, 0, 1)
		look("read what is remembered", err)
	}
	return all
}

// readable returns why a circuit of a store cannot be read, or nil.
func readable(ctx context.Context, opened *storage.Opened) error {
	_, err := opened.Store.Load(ctx, probeCircuit)
	return err
}

func writeChecks(w io.Writer, checks []check) error {
	var rows [][]string
	for _, c := range checks {
		result := "ok"
		if !c.OK {
			result = c.Problem
		}
		rows = append(rows, []string{c.What, result})
	}
	return writeRows(w, []string{"CHECK", "RESULT"}, rows)
}
