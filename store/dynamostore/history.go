package dynamostore

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/field"
	"github.com/recloser-dev/recloser/internal/item"
)

// remember writes what a write that was made leaves in the history of its
// circuit. It is done at once and by who made the write, for nothing can be left
// to a process that may be frozen as soon as it has answered: it costs the one
// caller who moves a circuit a second round trip, within what is left of the
// time of the first. The write stands whatever becomes of it.
func (s *Store) remember(ctx context.Context, key string, w recloser.Write, r recloser.Record) {
	now := recloser.InstantOf(s.options.Now())
	e, leaves := recloser.HistoryOf(w, r, now)
	if !leaves {
		return
	}
	e.At = max(e.At, 0) // No entry is older.
	if err := s.enter(ctx, key, e, now); err != nil {
		s.forget(key, e, err)
	}
}

// enter writes an entry, unless it is there.
func (s *Store) enter(ctx context.Context, key string, e recloser.HistoryEntry, now recloser.Instant) error {
	place, u, err := item.Entry(key, e, now.Add(recloser.HistoryAge))
	if err != nil {
		return fmt.Errorf("dynamostore: %w", err)
	}
	_, err = s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           &s.options.Table,
		Key:                                 attributes(place),
		ConditionExpression:                 &u.Condition,
		UpdateExpression:                    &u.Expression,
		ExpressionAttributeNames:            u.Names,
		ExpressionAttributeValues:           attributes(u.Values),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}, once)
	var taken *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &taken):
		return s.failed("UpdateItem", err)
	case len(taken.Item) == 0:
		return nil // The server does not tell; it is ours as far as one can know.
	}
	if other, err := item.DecodeEntry(key, values(taken.Item)); err != nil || other != e {
		return fmt.Errorf("dynamostore: %w: at %v the history of circuit %.160q has another entry %s", recloser.ErrConflict, e.At.Time(), key, e.Kind)
	}
	return nil
}

// forget tells that an entry was not written.
func (s *Store) forget(key string, e recloser.HistoryEntry, err error) {
	if s.options.OnForgotten == nil {
		return
	}
	defer func() {
		// Its panic must not reach the caller, whose write was made.
		_ = recover()
	}()
	s.options.OnForgotten(key, e, err)
}

// History implements [recloser.Historian]. It reads entries as they were when it
// was asked, some twenty for a read unit, and no others; it needs dynamodb:Query
// on the table, and is for operators. Options.Timeout bounds each page.
func (s *Store) History(ctx context.Context, key string, since recloser.Instant, limit int) ([]recloser.HistoryEntry, error) {
	if limit <= 0 {
		return nil, ctx.Err()
	}
	from, to := item.EntriesSince(since)
	in := &dynamodb.QueryInput{
		TableName:                &s.options.Table,
		ConsistentRead:           aws.Bool(true),
		ScanIndexForward:         aws.Bool(false),
		KeyConditionExpression:   aws.String("#pk = :pk AND #sk BETWEEN :from AND :to"),
		ExpressionAttributeNames: map[string]string{"#pk": item.Key, "#sk": item.Sort},
		ExpressionAttributeValues: attributes(item.Map{
			":pk": item.String(key), ":from": item.String(from), ":to": item.String(to),
		}),
	}
	var entries field.Entries
	for {
		in.Limit = aws.Int32(int32(min(limit-len(entries.Read), 1000)))
		out, err := s.query(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, attributes := range out.Items {
			entries.Add(item.DecodeEntry(key, values(attributes)))
		}
		if entries.Full(limit) || len(out.LastEvaluatedKey) == 0 || len(out.Items) == 0 {
			break
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
	if err := entries.Err(); err != nil {
		return entries.Read, fmt.Errorf("dynamostore: %w", err)
	}
	return entries.Read, nil
}
