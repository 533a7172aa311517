// Package grpcguard asks a breaker before each call of a gRPC client.
//
//	panel := recloser.NewPanel()
//	conn, err := grpc.NewClient(target, append(grpcguard.DialOptions(panel), creds)...)
//
// Every target has a circuit of its own, as [Target] says; [Method] gives each
// method a partition of it, and [Options.Circuit] names them otherwise. What gRPC
// itself tries again by the retry policy of a service is one call.
//
// # When a call is judged
//
// A unary call ends with its answer. A stream ends, for the breaker, when its
// first header or message has been read, or its end if that is first. That is what
// call.timeout bounds and what slow_after is compared with; the rest of a stream
// lives as long as it would without the guard, and counts as nothing. So a server
// that means to be silent at first should send its header at once, and a client
// that does not read for long should ask for it by Header.
//
// A stream is cut off when call.timeout has passed while the server owes an answer
// and somebody waits for it. It owes none while the client may still send. If nobody waits, or nothing is
// owed, the stream goes on and is ignored.
//
// # What a call comes to
//
//	Unavailable, DeadlineExceeded,
//	ResourceExhausted, Internal,
//	Unknown, DataLoss                       failure; RetryInfo is honoured
//	call.timeout has passed                 failure, recloser.ErrCallTimeout
//	any other code                          success: the server answered
//	Canceled                                ignored
//	the caller cancels, or runs out of time ignored
//	a message that is no message,
//	or larger than one side takes           ignored
//	the rejection of another breaker        ignored
//
// A server that answers Unknown for mistakes of its callers, as one does whose
// handlers return plain errors, should be fixed, or judged by [Options.Classify].
//
// # What the caller sees
//
// A rejection is an error that is both an [*recloser.OpenError], for errors.As, and
// a status of code Unavailable with a RetryInfo. A call that took too long matches
// [recloser.ErrCallTimeout] and has the code DeadlineExceeded. In shadow mode no
// call is rejected or cut short.
package grpcguard
