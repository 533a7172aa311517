// Package awsguard asks a breaker before each operation of an AWS SDK for Go
// client.
//
//	panel := recloser.NewPanel()
//	cfg.APIOptions = append(cfg.APIOptions, awsguard.Guard(panel))
//
// Every service has a circuit of its own, partitioned by region, as [Service]
// says: dynamodb/eu-west-1. [Options.Circuit] names them otherwise.
//
// # When a call is judged
//
// A call is an operation, with all attempts that the SDK makes at it: what a
// retry has mended is a success, and call.timeout bounds the whole. With
// [Options.EachAttempt] every attempt is a call. A call ends when the SDK has
// read the response; where the response has a body to be read by the caller, or
// an event stream, when it has read the headers. These live as long as they would
// without the guard. Input that the SDK refuses, and requests that are only
// signed for others to send, never reach a breaker.
//
// # What a call comes to
//
//	throttling, 429, 5xx, a server fault    failure; Retry-After is honoured
//	no connection, no name, reset           failure
//	a response that cannot be read          failure
//	call.timeout has passed                 failure, recloser.ErrCallTimeout
//	another timeout than the caller's       failure
//	any other error of the service          success: it answered
//	the caller cancels, or runs out of time ignored
//	no credentials, no endpoint, and
//	whatever else keeps it from being sent  ignored
//	the rejection of another breaker        ignored
//
// So conditions that fail, input that the service refuses, missing rights and
// missing resources open nothing. [Classify] says which errors are which, and
// [Options.Classify] may know better.
//
// # What the caller sees
//
// A rejection is an [*recloser.OpenError], to be found by errors.As in the
// [*smithy.OperationError] that all errors of a client are. The SDK does not try
// again. In shadow mode no call is rejected or cut short.
package awsguard
