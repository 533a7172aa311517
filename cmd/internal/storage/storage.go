// Package storage opens the stores that recloser.yaml, RECLOSER_STORE and --store
// name, and says what is wrong with them as the user of a command has to know it.
package storage

import (
	"context"
	"net"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/config"
	"github.com/recloser-dev/recloser/store/dynamostore"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// Options of [Open].
type Options struct {
	// DynamoDB makes the client of a table. Its region and endpoint are empty
	// where they are those of the environment. Defaults to one by
	// [dynamostore.NewClient], which suits Lambda: it reads no files.
	DynamoDB func(ctx context.Context, region, endpoint string) (*dynamodb.Client, error)
	// Timeout bounds each operation. Defaults to that of the store.
	Timeout time.Duration
	// Getenv reads the environment, for passwords. Defaults to [os.Getenv].
	Getenv func(string) string
}

// Opened is a store that was opened. The store itself may be a
// [recloser.Lister] and a [recloser.Historian].
type Opened struct {
	// Store is the store.
	Store recloser.Store
	// Name is its URL, without secrets: with the region and the endpoint that the
	// environment has added.
	Name string
	// Client and Table are those of a store in DynamoDB; nil and empty otherwise.
	Client *dynamodb.Client
	Table  string

	close func() error
}

// Open opens the store that s describes, which must be valid. It asks nothing of
// the store: what is wrong there shows in its first operation. The caller must
// close what it returns.
func Open(ctx context.Context, s config.Store, optFns ...func(*Options)) (*Opened, error) {
	o := Options{DynamoDB: newClient, Getenv: os.Getenv}
	for _, fn := range optFns {
		fn(&o)
	}
	opened := &Opened{Name: s.String(), close: func() error { return nil }}
	switch {
	case s.DynamoDB != nil:
		client, err := o.DynamoDB(ctx, s.DynamoDB.RegionOrARN(), s.DynamoDB.Endpoint)
		if err != nil {
			return nil, err
		}
		opened.Client, opened.Table, opened.Name = client, s.DynamoDB.Table, nameOf(*s.DynamoDB, client.Options())
		opened.Store = dynamostore.New(client, func(d *dynamostore.Options) {
			d.Table = s.DynamoDB.Table
			if o.Timeout > 0 {
				d.Timeout = o.Timeout
			}
		})
		opened.close = func() error {
			if c, ok := client.Options().HTTPClient.(interface{ CloseIdleConnections() }); ok {
				c.CloseIdleConnections()
			}
			return nil
		}
	case s.Valkey != nil:
		store, err := openValkey(*s.Valkey, o)
		if err != nil {
			return nil, err
		}
		opened.Store, opened.close = store, store.Close
	default:
		opened.Store = new(recloser.MemoryStore)
	}
	return opened, nil
}

// nameOf returns the URL of a table as o reaches it.
func nameOf(s config.DynamoDBStore, o dynamodb.Options) string {
	if s.RegionOrARN() == "" {
		s.Region = o.Region
	}
	if o.BaseEndpoint != nil {
		s.Endpoint = *o.BaseEndpoint
	}
	return config.Store{DynamoDB: &s}.String()
}

// Close gives the connections of the store back.
func (o *Opened) Close() error { return o.close() }

// Local reports whether the store is a table of a DynamoDB on this machine.
func (o *Opened) Local() bool {
	if o.Client == nil {
		return false
	}
	endpoint := o.Client.Options().BaseEndpoint
	return endpoint != nil && Loopback(*endpoint)
}

func newClient(_ context.Context, region, endpoint string) (*dynamodb.Client, error) {
	return dynamostore.NewClient(func(o *dynamodb.Options) {
		if region != "" {
			o.Region = region
		}
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	})
}

func openValkey(s config.ValkeyStore, o Options) (*valkeystore.Store, error) {
	password, err := passwordOf(s, o.Getenv)
	if err != nil {
		return nil, err
	}
	server := url.URL{Scheme: "valkey", Host: s.Address, Path: "/" + strconv.Itoa(s.Database)}
	if s.TLS {
		server.Scheme = "valkeys"
	}
	if s.User != "" || !password.IsZero() {
		server.User = url.UserPassword(s.User, password.Reveal())
	}
	return valkeystore.Open(server.String(), func(v *valkeystore.OpenOptions) {
		v.Cluster, v.Prefix = s.Cluster, s.Prefix
		if o.Timeout > 0 {
			v.Timeout = o.Timeout
		}
	})
}

// Loopback reports whether an endpoint is on this machine.
func Loopback(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
