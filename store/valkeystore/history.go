package valkeystore

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/field"
)

// History implements [recloser.Historian]. It reads a list of at most
// [MaxHistory] entries, of some 250 bytes each, and no more of it than it has to:
// it is for operators, not for environments. They stand in the order in which they
// came to be, which is that of time as far as the clocks of environments agree.
func (s *Store) History(ctx context.Context, key string, since recloser.Instant, limit int) ([]recloser.HistoryEntry, error) {
	ctx, cancel, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	if limit <= 0 {
		return nil, nil
	}
	most := MaxHistory
	if since <= 0 {
		most = min(limit, most) // None is older.
	}
	found, err := s.recent(ctx, key, since, limit, most)
	if err == nil && found.Err() != nil && !found.Full(limit) && most < MaxHistory {
		found, err = s.recent(ctx, key, since, limit, MaxHistory)
	}
	if err != nil {
		return nil, err
	}
	if err := found.Err(); err != nil {
		return found.Read, fmt.Errorf("valkeystore: %w", err)
	}
	return found.Read, nil
}

// recent returns the entries among the newest of a list that are not older than
// since.
func (s *Store) recent(ctx context.Context, key string, since recloser.Instant, limit, most int) (field.Entries, error) {
	var found field.Entries
	reply, err := s.read(ctx, s.scripts.history, key, s.historyOf(key), most)
	if err != nil {
		return found, err
	}
	list, ok := reply.([]any)
	if !ok || len(list) > most {
		return found, errAnswer
	}
	for i, entry := range list {
		text, ok := entry.(string)
		if !ok {
			return found, errAnswer
		}
		e, err := decodeEntry(key, strconv.Itoa(i), text)
		if err == nil && e.At < since {
			continue
		}
		if found.Add(e, err); found.Full(limit) {
			break
		}
	}
	return found, nil
}

// historyOf returns the server's key of the history of a circuit. It has the hash
// tag of the record's, so that a cluster keeps the two together.
func (s *Store) historyOf(circuit string) string { return s.keyOf(circuit) + historyEnd }

const historyEnd = ":history"

// decodeEntry reads an entry, the one with a number of its circuit's history. It
// may be anything.
func decodeEntry(circuit, name, text string) (recloser.HistoryEntry, error) {
	var fields map[string]string
	if len(text) > maxEntry || json.Unmarshal([]byte(text), &fields) != nil || fields == nil {
		return recloser.HistoryEntry{}, &MalformedError{Circuit: circuit, Entry: name, Want: fmt.Sprintf("an object of texts of at most %d bytes", maxEntry)}
	}
	return field.Entry(circuit, name, hash(fields))
}

// forget tells of an entry that a script could not remember, and of its words
// about that.
func (s *Store) forget(circuit string, lost []any) {
	if s.options.OnForgotten == nil || len(lost) != 2 {
		return
	}
	words, _ := lost[0].(string)
	text, _ := lost[1].(string)
	e, err := decodeEntry(circuit, "", text)
	if err == nil {
		err = s.failed("remember", circuit, refusalOf(words), nil)
	}
	defer func() {
		// Its panic must not reach the caller, whose write was made.
		_ = recover()
	}()
	s.options.OnForgotten(circuit, e, err)
}

// refusalOf is what a server has said to a script.
type refusalOf string

var _ redis.Error = refusalOf("")

// Error returns the server's words.
func (r refusalOf) Error() string { return string(r) }

// RedisError implements [redis.Error].
func (refusalOf) RedisError() {}
