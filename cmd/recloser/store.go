package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/operator"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// probeCircuit is a circuit that nobody has, read to see whether a store can be.
const probeCircuit = "recloser-check"

func (a *app) storeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Make, check or destroy the store of the circuits",
		Long: `Make, check or destroy the store of the circuits: that of --store, or the one
that recloser.yaml names.`,
		SuggestionsMinimumDistance: 2,
		Args:                       noArguments,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.storeInitCommand(), a.storeCheckCommand(), a.storeDestroyCommand())
	return cmd
}

func (a *app) storeInitCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make the table in DynamoDB; on Valkey there is nothing to make",
		Example: `  recloser store init --store "dynamodb://recloser?region=eu-central-1"
  recloser store init`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			opened, err := a.openNamed(cmd)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, opened.Close()) }()
			return a.initStore(cmd.Context(), opened)
		},
	}
	a.addStoreFlag(cmd)
	return cmd
}

func (a *app) initStore(ctx context.Context, opened *storage.Opened) error {
	if opened.Client == nil {
		err := readable(ctx, opened)
		if c, ok := opened.Store.(checker); ok && err == nil {
			err = c.Check(ctx)
		}
		if err != nil {
			return err
		}
		a.say("there is nothing to make on %s: a circuit is a key, which its first write makes", opened.Name)
		return nil
	}
	err := dynamostore.Check(ctx, opened.Client, opened.Table)
	missing := errors.Is(err, dynamostore.ErrNoTable)
	switch {
	case err == nil:
		a.say("table %s is there already, and as it should be", opened.Table)
		return nil
	case missing:
		a.say("making table %s; this takes some seconds …", opened.Table)
	case !errors.Is(err, dynamostore.ErrWrongTable):
		return err
	}
	if err := dynamostore.Create(ctx, opened.Client, opened.Table); err != nil {
		return err
	}
	if !missing {
		a.say("table %s was there, and is now as it should be", opened.Table)
		return nil
	}
	a.say("table %s is made in %s: paid per request, and records that nobody writes any more expire", opened.Table, opened.Client.Options().Region)
	a.say("at rest it costs its storage alone, about $0.25 per GB and month, and a circuit takes 1 KB; nothing is reserved")
	a.say("a healthy circuit costs one read in each environment that calls it every %v, and no writes", recloser.RefreshInterval)
	return nil
}

// openNamed opens the store that --store, RECLOSER_STORE or recloser.yaml names.
func (a *app) openNamed(cmd *cobra.Command) (*storage.Opened, error) {
	_, described, err := a.described()
	if err != nil {
		return nil, err
	}
	if described.kind.Memory != nil {
		where := "no store is named"
		if described.by != "" {
			where = "the store is in memory, as " + described.by + " says"
		}
		return nil, usage("%s %s: %s; add --store, such as --store dynamodb://recloser", cmd.Parent().Name(), cmd.Name(), where)
	}
	opened, err := a.open(cmd.Context(), described.kind)
	if err == nil {
		a.say("store %s, as %s says", opened.Name, described.by)
	}
	return opened, err
}

// destroyer is a store that can delete all its records.
type destroyer interface {
	Destroy(ctx context.Context) error
}

func (a *app) storeDestroyCommand() *cobra.Command {
	yes := false
	cmd := &cobra.Command{
		Use:   "destroy",
		Short: "Delete the store with all its circuits",
		Long: `Delete the store with all its circuits: the table in DynamoDB, or the keys of the
circuits on Valkey. Environments that still use it go on by themselves, as if it
were out of reach. It asks for the name first.`,
		Example: `  recloser store destroy --store dynamodb://recloser`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			opened, err := a.openNamed(cmd)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, opened.Close()) }()
			return a.destroyStore(cmd.Context(), opened, yes)
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask, for scripts")
	a.addStoreFlag(cmd)
	return cmd
}

func (a *app) destroyStore(ctx context.Context, opened *storage.Opened, yes bool) error {
	destroy, name, err := destruction(opened)
	if err != nil {
		return err
	}
	circuits, err := count(ctx, opened.Store)
	if err != nil {
		return err
	}
	a.say("%s will be lost, with what operators said and all that is remembered of them", circuits)
	if !yes {
		if err := a.confirm(name); err != nil {
			return err
		}
	}
	if err := destroy(ctx); err != nil {
		return err
	}
	a.say("%s is gone", name)
	return nil
}

// destruction returns what destroys a store, and the name by which it is called.
func destruction(opened *storage.Opened) (destroy func(context.Context) error, name string, err error) {
	if opened.Client != nil {
		return func(ctx context.Context) error { return dynamostore.Destroy(ctx, opened.Client, opened.Table) }, opened.Table, nil
	}
	d, ok := opened.Store.(destroyer)
	if !ok {
		return nil, "", fmt.Errorf("%s cannot be destroyed from here", opened.Name)
	}
	return d.Destroy, opened.Name, nil
}

// count says how many circuits a store has.
func count(ctx context.Context, store recloser.Store) (string, error) {
	lister, ok := store.(recloser.Lister)
	if !ok {
		return "all circuits", nil
	}
	keys, err := lister.Keys(ctx, "", operator.MostCircuits)
	if err != nil {
		return "", fmt.Errorf("count the circuits: %w", err)
	}
	if len(keys) == operator.MostCircuits {
		return fmt.Sprintf("more than %d circuits", len(keys)), nil
	}
	return circuitCount(len(keys)), nil
}

// confirm asks the user to type a name.
func (a *app) confirm(name string) error {
	if !a.terminal(a.in) {
		return usage("store destroy: there is no terminal to ask at; add --yes if you mean it")
	}
	// There is nobody to tell if this fails; then nothing is typed either.
	_, _ = fmt.Fprintf(a.messages, "type %s to go on: ", name)
	line, err := bufio.NewReader(io.LimitReader(a.in, longestMessage)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimSpace(line) != name {
		return withCode(exitError, "%s is left as it is", name)
	}
	return nil
}
