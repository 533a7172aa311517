// Package statelanguage interprets the Amazon States Language in its JSONata
// dialect, for tests: a state machine is run whole, on virtual time, against
// tasks that a test puts in the place of services.
//
//	world := statelanguage.NewWorld(start)
//	account := statelanguage.NewAccount(world, engine)
//	account.Tasks["lambda:invoke"] = func(*statelanguage.Invocation) (any, error) { … }
//	account.Add("guard", machine)
//	execution, err := account.Start("guard", input)
//	world.Run()
//
// Expressions are evaluated by the reference engine of JSONata, at the version
// that Step Functions has, with the functions that Step Functions adds. What is
// known of the language is what AWS documents: the fields of the eight states,
// names of errors and what catches them, how long a retry waits, how large data
// may be, how many events a history holds. JSONPath, distributed maps, callbacks
// and activities are not known, and are refused when a machine is read.
package statelanguage
