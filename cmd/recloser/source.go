package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/spf13/cobra"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/profile"
	"github.com/recloser-dev/recloser/config"
)

// operationTime bounds one operation of a store. An operator can wait longer
// than a call.
const operationTime = 10 * time.Second

// source is where commands find circuits: in a store, or at a dev server.
type source interface {
	// Where says where that is: "in dynamodb://recloser"; Address says it as data.
	Where() string
	Address() string
	// Flag is what to add to another command so that it goes there, too.
	Flag() string
	// Circuits returns all circuits, or those of the given keys, and why there
	// may be more.
	Circuits(ctx context.Context, keys []string) (circuits []admin.Circuit, note string, err error)
	Names(ctx context.Context) ([]string, error)
	Describe(ctx context.Context, key string) (admin.Circuit, error)
	Override(ctx context.Context, order admin.Order) (admin.Circuit, error)
	Reset(ctx context.Context, order admin.Order) (admin.Circuit, error)
	// Events returns what happened since a moment to the given circuits and their
	// partitions, or to all: the limit newest events.
	Events(ctx context.Context, names []string, since time.Time, limit int) (happened, error)
	Close() error
}

// happened is what has happened.
type happened struct {
	// events are the events, oldest first.
	events []admin.Event
	// note is why there may be others, and problems are the circuits that cannot
	// be read.
	note     string
	problems []string
	// next waits for those that follow.
	next func(context.Context) ([]admin.Event, error)
}

// addSourceFlags gives cmd the flags that say where the circuits are.
func (a *app) addSourceFlags(cmd *cobra.Command) {
	a.addStoreFlag(cmd)
	cmd.Flags().StringVar(&a.server, "server", "", "the address of a dev server, or latest for the one that was started last [RECLOSER_SERVER]")
}

func (a *app) addStoreFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.store, "store", "", "the store of the circuits, such as dynamodb://recloser (default that of recloser.yaml) [RECLOSER_STORE]")
	completeStores(cmd)
}

// completeStores offers how the URL of a store begins.
func completeStores(cmd *cobra.Command) {
	// This fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("store", cobra.FixedCompletions(
		[]string{"dynamodb://", "valkey://", "valkeys://"}, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace))
}

// connect returns where the circuits are, as cmd was told, and says so where
// people read what follows. The caller must close it.
func (a *app) connect(cmd *cobra.Command) (source, error) {
	s, err := a.find(cmd.Context(), cmd)
	if err == nil && a.output == outputTable {
		a.say("circuits %s", s.Where())
	}
	return s, err
}

// find returns where the circuits are: in the store that was named, or else that
// of recloser.yaml, or else at a dev server.
func (a *app) find(ctx context.Context, cmd *cobra.Command) (source, error) {
	byServer, err := a.prefersServer(cmd)
	if err != nil {
		return nil, err
	}
	if byServer {
		return a.findServer(ctx)
	}
	file, described, err := a.described()
	if err != nil {
		return nil, err
	}
	if described.kind.Memory != nil {
		return a.findServer(ctx)
	}
	opened, err := a.open(ctx, described.kind)
	if err != nil {
		return nil, err
	}
	return newStoreSource(opened, described.by, file), nil
}

// prefersServer reports whether the user asks for a dev server. What is said by a
// flag is stronger than what is said by the environment.
func (a *app) prefersServer(cmd *cobra.Command) (bool, error) {
	if a.server == "" || a.store == "" {
		return a.server != "", nil
	}
	server, store := a.byEnvironment["server"], a.byEnvironment["store"]
	switch {
	case server == store && server:
		return false, usage("%s: RECLOSER_SERVER and RECLOSER_STORE are both set; unset one", cmd.Name())
	case server == store:
		return false, usage("%s: --server and --store say two places; leave one out", cmd.Name())
	}
	return store, nil
}

// description is a store, and who named it.
type description struct {
	kind config.Store
	by   string
}

// described returns the user's file, if there is one, and the store that was
// named: by --store, by RECLOSER_STORE, or by the file. It is that of memory if
// nobody named one.
func (a *app) described() (*config.File, description, error) {
	d := description{kind: config.Store{Memory: &config.MemoryStore{}}}
	var flags []config.Flag
	if a.store != "" {
		d.by = "--store"
		if a.byEnvironment["store"] {
			d.by = config.EnvStore
		}
		var err error
		if d.kind, err = config.ParseStore(a.store); err != nil {
			return nil, d, usage("%s: %s", d.by, storeProblem(err))
		}
		flags = append(flags, config.Flag{Name: d.by, Key: "store", Value: a.store})
	}
	file, err := a.configured(flags...)
	if err != nil || file == nil {
		return nil, d, err
	}
	if a.store == "" {
		d = description{file.Store, cmp.Or(a.config, config.DefaultPath)}
	}
	return file, d, nil
}

// storeProblem returns what is wrong with a store without the path it has in a
// file.
func storeProblem(err error) string {
	if field, ok := errors.AsType[*recloser.FieldError](err); ok {
		_, key, _ := strings.Cut(strings.TrimPrefix(field.Field, "store."), ".")
		return strings.TrimSpace(key + " " + field.Problem)
	}
	return err.Error()
}

// open opens a store with the credentials of the user, and says what it took in
// their place.
func (a *app) open(ctx context.Context, s config.Store) (*storage.Opened, error) {
	return storage.Open(ctx, s, func(o *storage.Options) {
		o.Timeout, o.Getenv = operationTime, a.getenv
		o.DynamoDB = func(ctx context.Context, region, endpoint string) (*dynamodb.Client, error) {
			client, invented, err := profile.DynamoDB(ctx, region, endpoint)
			if invented != "" {
				a.say("nothing is set up for AWS: %s is asked with invented %s", *client.Options().BaseEndpoint, invented)
			}
			return client, err
		}
	})
}

// configured returns the file that the user has: the one that was named, or
// recloser.yaml. It returns nil if none was named and there is none.
func (a *app) configured(flags ...config.Flag) (*config.File, error) {
	file, err := config.Load(a.config, func(o *config.Options) {
		o.Flags = flags
		if len(flags) > 0 { // They say what this variable says, or overrule it.
			o.Environ = slices.DeleteFunc(o.Environ, func(v string) bool { return strings.HasPrefix(v, config.EnvStore+"=") })
		}
	})
	if a.config == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return file, err
}

// closing closes s after a command, whose error it adds to.
func closing(s source, err *error) {
	if closeErr := s.Close(); *err == nil && closeErr != nil {
		*err = fmt.Errorf("close %s: %w", s.Address(), closeErr)
	}
}
