// Package locallambda runs a function on this machine as AWS Lambda does, for
// tests and for development:
//
//	function, err := locallambda.New(func(o *locallambda.Options) {
//		o.Name, o.Command = "checkout", []string{"./bootstrap"}
//	})
//	…
//	defer function.Close()
//	result, err := function.Invoke(ctx, []byte(`{"order":1}`))
//
// The function is any program that speaks the Runtime API, so each runtime client
// of AWS will do. It runs in environments: groups of processes with a Runtime API
// of their own on the loopback interface, one invocation at a time each, frozen
// by SIGSTOP in between, killed at the timeout, and as many as invocations are in
// flight. What Lambda documents is done so, and what it does not document is done
// as its Runtime Interface Emulator does it.
//
// A test needs no other program than its own, started again by the name of a
// function in a variable; TestMain then calls lambda.Start instead of the tests.
//
// It is no sandbox: the processes run with the rights of the program that started
// them, see the same files, and may leave their process group.
package locallambda
