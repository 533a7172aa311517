// Package valkeystore keeps the records of a fleet, and what has happened to them,
// on Valkey, or on Redis 5 or later.
//
//	store, err := valkeystore.Open("valkeys://user:password@host:6379")
//	…
//	breaker, err := recloser.New("payments", func(o *recloser.Options) {
//		o.Store = store
//	})
//
// A record is one hash under one key, recloser:{payments}, and every write one
// script that checks its condition, makes its change and answers with the record
// after it, or with the one that stands. A write that moves a circuit to another
// state, or is an operator's word, leaves an entry in its history in the same
// script: a list under a second key, recloser:{payments}:history, of the newest
// [MaxHistory] entries, which goes when nothing was added for
// [recloser.HistoryAge]. What becomes of the entry changes nothing of the write. So
// a cluster does, too: set OpenOptions.Cluster. spec/record.md has the fields.
//
// # When the server is away
//
// No call fails for it. A breaker asks once in each back-off window, waits for no
// longer than its store timeout, and goes on by itself as its policy's
// when_store_fails says. A write is sent once, whatever becomes of it; one whose
// connection broke may have been made, and its error never matches
// [recloser.ErrConflict]. A read whose connection broke is tried on another one.
// A server that is full refuses every write, and none by half.
//
// # What a server may forget
//
// Valkey answers a write before it is on a disk or a replica. After a crash, and
// after a failover to a replica that lagged, the record is an older one, or none,
// and its generation comes again. Then more than the policy's probes may be in
// flight, for one lease and margin: those that were claimed before and those
// that are claimed after. It ends by itself, and nothing is stuck. While a network
// is divided an old primary may go on answering; min-replicas-to-write bounds
// that. Where the number of probes must hold through failovers, use a store that
// acknowledges what is durable, such as dynamostore, or Amazon MemoryDB.
//
// A record that is evicted begins anew at generation 0, closed. Let the server
// have a maxmemory-policy of noeviction, or of volatile-lru where the records
// share it with a cache. [Store.Check] finds those that do not ask what is in use.
//
// # Memory
//
// A record takes 250 bytes of the server where nobody watches, and the largest
// there may be nine kilobytes. It expires 30 days after it was last written, and no
// earlier than a week after its open time and its override end. Expiry only
// cleans up: it ends no state. An entry of a history takes some 250 bytes.
//
// # Rights
//
// An environment needs these rights, and no others:
//
//	ACL SETUSER recloser on >password resetkeys ~recloser:{*} ~recloser:{*}:history
//	    resetchannels -@all
//	    +hello +auth +evalsha +eval +evalsha_ro +eval_ro +hlen +hget +hgetall +hkeys
//	    +hset +hsetnx +hdel +hincrby +pexpireat +time +ltrim +lpush
//
// and +select for a database other than 0, and "+cluster|slots +cluster|shards
// +asking" on a cluster. Both patterns are needed, of records and of histories: a
// server asks for the rights to both keys before it runs a script.
//
// An operator needs +lrange +scan +info +type +unlink besides, for [Store.History],
// [Store.Keys], [Store.Check] and [Store.Destroy].
// Who only reads needs %R~recloser:{*} %R~recloser:{*}:history and +hello +auth
// +evalsha_ro +eval_ro +hlen +hgetall +lrange, of Redis 7 or later. An ACL knows
// keys and no fields: who may report may also set an override. Where that must
// not be, use dynamostore.
//
// # The client
//
// It is go-redis: it connects when it is first used, where valkey-go does so when
// it is made, which a store must not. It adds 0.1 ms to the start of a process,
// and 8 MB to its program.
package valkeystore
