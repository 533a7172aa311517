package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/alicebob/miniredis/v2"

	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
	"github.com/recloser-dev/recloser/config"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// shareDevStore sets the store that the environments of dev share, if it is not
// in their memory, and returns what closes it and what is to be said of it.
func (a *app) shareDevStore(ctx context.Context, o devOptions, options *dev.Options) (closeAll func() error, notes []string, err error) {
	url := o.store
	closeAll = func() error { return nil }
	if url == "" && !o.lambda.on {
		return closeAll, nil, nil
	}
	note := "store          %s, and everybody who uses it shares these circuits"
	if url == "" {
		// Processes share no memory: they need a server, if a small one.
		server, err := miniredis.Run()
		if err != nil {
			return nil, nil, fmt.Errorf("start a store for the function's processes: %w", err)
		}
		url, note = "valkey://"+server.Addr(), "store          %s, in this process, for as long as it runs"
		closeAll = func() error { server.Close(); return nil }
	}
	opened, err := a.openDevStore(ctx, url)
	if err != nil {
		return nil, nil, errors.Join(err, closeAll())
	}
	server := closeAll
	options.Store, options.StoreName, options.StoreTimeout = opened.Store, opened.Name, devStoreTimeout
	if o.lambda.on {
		options.Lambda = &dev.Lambda{StoreURL: url, Timeout: o.lambda.timeout}
	}
	return func() error { return errors.Join(opened.Close(), server()) }, []string{fmt.Sprintf(note, opened.Name)}, nil
}

// openDevStore opens the store that dev is to share, and sees that it can be
// used. A table that is missing it makes on this machine, and nowhere else.
func (a *app) openDevStore(ctx context.Context, url string) (opened *storage.Opened, err error) {
	described, err := config.ParseStore(url)
	if err != nil {
		return nil, usage("--store: %s", storeProblem(err))
	}
	if described.Memory != nil {
		return nil, usage("--store: a store in memory cannot be shared; leave it out to play in memory")
	}
	opened, err = a.open(ctx, described)
	if err != nil {
		return nil, err
	}
	_, err = opened.Store.Load(ctx, probeCircuit)
	if storage.FaultOf(err) == storage.FaultMissing && opened.Local() {
		if err = dynamostore.Create(ctx, opened.Client, opened.Table); err == nil {
			a.say("table          %s is made at %s", opened.Table, *opened.Client.Options().BaseEndpoint)
		}
	}
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return opened, nil
}
