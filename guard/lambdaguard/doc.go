// Package lambdaguard asks a breaker before a Lambda function does its work, and
// answers for the function when a circuit is open.
//
//	lambda.Start(lambdaguard.Wrap(breaker, handle))
//
// [Wrap] takes every handler that lambda.Start does. The function itself is then
// the call: a consumer whose dependency is down does not run at all.
// [Translate] is for a handler that makes guarded calls of its own; it has no
// circuit, and only answers for the rejections that the handler returns. Wrap
// does so too.
//
// # When a call is judged
//
// A call begins when its event has been decoded, so that a malformed one counts
// as nothing, and ends when the handler returns, or when the first bytes of its
// response can be read if that is a stream. The context of the handler ends
// after call.timeout, or call.reserve before the function's own deadline: a
// function that Lambda kills could tell nobody why. The rest of a stream is
// neither timed nor cut off, nor counted if it breaks.
//
// What the handler's error counts as is decided by the breaker's
// [recloser.Options.Classify]: every error is a failure, but for rejections by
// other circuits and for a lack of time, unless it is told otherwise. A handler
// that returns errors for what its callers do wrong should tell it. A panic is a
// failure and goes on as it came.
//
// All is settled, and its evidence written if it is due, before the handler
// returns to the runtime; nothing of this package runs after that.
//
// # What is answered for an open circuit
//
//	an HTTP request                 503, Retry-After and application/problem+json
//	any other event                 an error whose errorType is CircuitOpenError
//
// What an HTTP request is, and how it is answered, goes by the shape of the
// event: an API Gateway REST API or HTTP API in either payload format, an
// Application Load Balancer, or a function URL. A handler whose responses stream
// is answered for by a stream. Authorizers and WebSockets get the error.
//
// An asynchronous event, a batch of a queue or a stream, and a task of a state
// machine thus fail: Lambda tries an asynchronous event again, one and then two
// minutes later, and hands it to its failure destination. [Options.Reject]
// chooses otherwise: [Skip], [PartialBatch], or a fallback of one's own.
package lambdaguard
