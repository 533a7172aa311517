// Package dynamostore keeps the records of a fleet, and what has happened to
// them, in a DynamoDB table.
//
//	client, err := dynamostore.NewClient()
//	…
//	breaker, err := recloser.New("payments", func(o *recloser.Options) {
//		o.Store = dynamostore.New(client)
//	})
//
// Nothing is asked of DynamoDB before the first call that needs it. A read is one
// consistent GetItem, at one read unit; a write is one UpdateItem with a
// condition, at one write unit for each KB of the record, whether its condition
// holds or not. Who moves a circuit to another state writes an entry of its
// history besides, by another UpdateItem at one unit, which DynamoDB deletes after
// [recloser.HistoryAge]. The index of circuits is written once for each circuit; it
// is one partition, so that DynamoDB throttles more than a thousand new circuits a
// second.
//
// The role of an environment needs dynamodb:GetItem and dynamodb:UpdateItem on the
// table, and nothing else. An operator's needs dynamodb:Query on the table and on
// its index besides; [Create], [Check] and [Destroy] say what they need.
package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/item"
)

// API is what a [Store] asks of DynamoDB: a [*dynamodb.Client].
type API interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	// Query is for operators; environments do not ask it.
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
}

// DefaultTable is the name of the table if none is given.
const DefaultTable = "recloser"

// Options of [New].
type Options struct {
	// Table is the table's name or ARN. Defaults to [DefaultTable].
	Table string
	// Timeout bounds each request, also where the context allows longer.
	// Defaults to 2s. A breaker's own limit, recloser.Options.StoreTimeout, is
	// shorter.
	Timeout time.Duration
	// Expiry is how long a record outlives its last write before DynamoDB may
	// delete it; the time is one attribute more of a write that is made anyway.
	// An override must end a week before that. 0 keeps records for ever.
	// Defaults to 90 days; at least 8.
	Expiry time.Duration
	// Now is the wall clock from which Expiry is reckoned. Defaults to
	// [time.Now].
	Now func() time.Time
	// OnForgotten is told of an entry of a circuit's history that was not
	// written, or is not known to be, and why; the transition that it was of
	// stands. Of a transition whose own outcome is unknown no entry is written,
	// and this is not told: a gap in the generations of a history shows it. It
	// runs before the write returns, so it must be quick, and it may run in many
	// goroutines at once; its panic is caught. Defaults to nil: nobody is told.
	OnForgotten func(key string, e recloser.HistoryEntry, err error)
}

// The least that a record must outlive: what is cached of it, permits and
// operators' words.
const outlive = 7 * 24 * time.Hour

// Store is a [recloser.Store] in a DynamoDB table, and a [recloser.Lister] and a
// [recloser.Historian] for operators. It is safe for concurrent use.
//
// No request is repeated: of a write whose outcome is unknown nobody could tell
// whether it was made twice, and a breaker that has no answer asks again at its
// own pace. The error of a request is an [*Error].
type Store struct {
	client  API
	options Options
}

var (
	_ recloser.Store     = (*Store)(nil)
	_ recloser.Lister    = (*Store)(nil)
	_ recloser.Historian = (*Store)(nil)
)

// New returns a store. It does no I/O, and takes any options: those that make no
// sense are raised to what does.
func New(client API, optFns ...func(*Options)) *Store {
	o := Options{Table: DefaultTable, Timeout: 2 * time.Second, Expiry: 90 * 24 * time.Hour, Now: wallClock}
	for _, fn := range optFns {
		fn(&o)
	}
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Second
	}
	if o.Expiry > 0 {
		o.Expiry = max(o.Expiry, outlive+24*time.Hour)
	}
	if o.Now == nil {
		o.Now = wallClock
	}
	return &Store{client: client, options: o}
}

// once is how each request is made. A client's own retries are for others.
func once(o *dynamodb.Options) {
	o.Retryer = aws.NopRetryer{}
	detach(o)
}

// Load implements [recloser.Store].
func (s *Store) Load(ctx context.Context, key string) (recloser.Record, error) {
	ctx, cancel, err := s.begin(ctx)
	if err != nil {
		return recloser.Record{}, err
	}
	defer cancel()
	return s.load(ctx, key)
}

// Apply implements [recloser.Store].
func (s *Store) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	ctx, cancel, err := s.begin(ctx)
	if err != nil {
		return recloser.Record{}, err
	}
	defer cancel()
	expires, err := s.expires(w)
	if err != nil {
		return recloser.Record{}, err
	}
	updates, err := item.Of(w, expires)
	if errors.Is(err, item.ErrNever) {
		return s.lose(ctx, key)
	}
	if err != nil {
		return recloser.Record{}, fmt.Errorf("dynamostore: %w", err)
	}
	// A condition that fails though the record meets the write's says that the
	// other form of the update is the one, or that the record was read later
	// than the condition. Neither time was anything written.
	const tries = 8
	for i := range tries {
		r, err := s.update(ctx, key, updates[i%len(updates)])
		if err == nil {
			s.remember(ctx, key, w, r)
		}
		if !errors.Is(err, recloser.ErrConflict) {
			return r, err
		}
		if _, fits := r.Apply(w); !fits {
			return r, err
		}
	}
	return recloser.Record{}, fmt.Errorf("dynamostore: the condition of %T failed %d times on records of circuit %.160q that meet it", w, tries, key)
}

// begin bounds one operation.
func (s *Store) begin(ctx context.Context) (context.Context, context.CancelFunc, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("dynamostore: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	return ctx, cancel, nil
}

// expires returns when the record may be deleted. Whatever is written later sets
// it later, so an override that ends in time now ends in time then.
func (s *Store) expires(w recloser.Write) (recloser.Instant, error) {
	if s.options.Expiry <= 0 {
		return 0, nil
	}
	at := recloser.InstantOf(s.options.Now().Add(s.options.Expiry))
	o, ok := w.(recloser.SetOverride)
	if last := at.Add(-outlive); ok && o.Override.Mode != recloser.OverrideNone && o.Override.Until > last {
		return 0, fmt.Errorf("dynamostore: an override until %v would outlive its record; it can last until %v, or longer with a longer Expiry",
			o.Override.Until.Time(), last.Time())
	}
	return at, nil
}

func (s *Store) load(ctx context.Context, key string) (recloser.Record, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      &s.options.Table,
		Key:            attributes(item.RecordKey(key)),
		ConsistentRead: aws.Bool(true),
	}, once)
	if err != nil {
		return recloser.Record{}, s.failed("GetItem", err)
	}
	return s.decode(key, out.Item)
}

// lose returns the record that stands, for a write that no record lets be made.
func (s *Store) lose(ctx context.Context, key string) (recloser.Record, error) {
	r, err := s.load(ctx, key)
	if err != nil {
		return recloser.Record{}, err
	}
	return r, recloser.ErrConflict
}

// update makes one update. If its condition fails it returns the record that
// made it fail, or, from a server that does not tell, one read after it.
func (s *Store) update(ctx context.Context, key string, u item.Update) (recloser.Record, error) {
	out, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           &s.options.Table,
		Key:                                 attributes(item.RecordKey(key)),
		ConditionExpression:                 &u.Condition,
		UpdateExpression:                    &u.Expression,
		ExpressionAttributeNames:            u.Names,
		ExpressionAttributeValues:           attributes(u.Values),
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}, once)
	var failed *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		return s.decode(key, out.Attributes)
	case !errors.As(err, &failed):
		return recloser.Record{}, s.failed("UpdateItem", err)
	case len(failed.Item) == 0:
		return s.lose(ctx, key)
	}
	r, err := s.decode(key, failed.Item)
	if err != nil {
		return recloser.Record{}, err
	}
	return r, recloser.ErrConflict
}

func (s *Store) decode(key string, attributes map[string]types.AttributeValue) (recloser.Record, error) {
	r, err := item.Decode(key, values(attributes))
	if err != nil {
		return recloser.Record{}, fmt.Errorf("dynamostore: %w", err)
	}
	return r, nil
}
