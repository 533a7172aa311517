package circuit

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

// lockLease is how long a lock is kept for its holder: as long as gobreaker tries
// to get it.
const lockLease = 5 * time.Second

var errLocked = errors.New("somebody else holds the lock")

// redisLock is the store that a user of gobreaker v2.4.0 has to bring: the state
// under one key, the lock under another. It is the cheapest there can be: one
// command for each of the four methods. A lock that outlives its lease is not
// told from that of its successor, which would take a script.
type redisLock struct {
	client   *redis.Client
	recorder *tally.Recorder
}

// Lock implements gobreaker.SharedDataStore.
func (s redisLock) Lock(name string) error {
	began := time.Now()
	err := s.client.SetArgs(context.Background(), name, "1", redis.SetArgs{Mode: "NX", TTL: lockLease}).Err()
	if errors.Is(err, redis.Nil) {
		err = errLocked
	}
	s.recorder.Write("lock", began, lockAnswer(err))
	return err
}

// Unlock implements gobreaker.SharedDataStore.
func (s redisLock) Unlock(name string) error {
	began := time.Now()
	err := s.client.Del(context.Background(), name).Err()
	s.recorder.Write("unlock", began, lockAnswer(err))
	return err
}

// GetData implements gobreaker.SharedDataStore.
func (s redisLock) GetData(name string) ([]byte, error) {
	data, err := s.client.Get(context.Background(), name).Bytes()
	if errors.Is(err, redis.Nil) {
		err = nil
	}
	s.recorder.Read("get", lockAnswer(err))
	return data, err
}

// SetData implements gobreaker.SharedDataStore.
func (s redisLock) SetData(name string, data []byte) error {
	began := time.Now()
	err := s.client.Set(context.Background(), name, data, 0).Err()
	s.recorder.Write("set", began, lockAnswer(err))
	return err
}

func lockAnswer(err error) tally.Answer {
	switch {
	case err == nil:
		return tally.Made
	case errors.Is(err, errLocked):
		return tally.Conflict
	}
	return tally.Fault
}
