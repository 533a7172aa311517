// Package config reads recloser.yaml: the policies of circuits, the store that
// keeps their records, and what is called through them.
//
//	version: 1
//	store: { dynamodb: { table: recloser } }
//	defaults:
//	  call: { timeout: 2s }
//	circuits:
//	  payments:
//	    open_when: { failure_rate: 60% }
//
// [Load] reads the file and the environment of the process, [Parse] only what
// it is given. A value is taken from the first of these that has it: a flag, the
// environment, the circuit, the file's defaults, [DefaultCircuit]. [File.Settings]
// tells which it was.
//
// # Values
//
// A duration is a number and a unit (30s, 200ms, 1m30s), a share a percentage
// (50%, 99.9%). A key that the package does not know is an error, so is one that
// is written twice. YAML's anchors, aliases, merge keys and tags are errors: what
// circuits share stands under defaults.
//
// # Environment
//
//	RECLOSER_CONFIG                     the path of the file
//	RECLOSER_STORE                      a URL, as ParseStore reads it
//	RECLOSER_STORE_PASSWORD             the password of a store on Valkey
//	RECLOSER_ENFORCE                    a rule of every circuit
//	RECLOSER_OPEN_WHEN__FAILURE_RATE    a rule within a group
//
// A rule's variable is its key in capitals, with two underscores between a group
// and what is in it. It stands for all circuits and overrules what the file says
// of each. The rules are the keys of [recloser.Policy]; the other keys of a
// circuit are its own, and have no variable. An empty variable is one that is not
// set. A name with two underscores, or one that is a rule but for its spelling or
// its group, is an error if no rule has it; other names that begin with RECLOSER_
// belong to others.
//
// # Errors
//
// Every problem of a file is told at once, each on a line of its own that says
// where it stands and what to do, and each is an [*Error]:
//
//	recloser.yaml:12:15: open_when.windw: unknown key; did you mean "window"?
package config
