// Package httpguard asks a breaker before each request of an HTTP client.
//
//	panel := recloser.NewPanel()
//	client := &http.Client{Transport: httpguard.New(panel)}
//
// Every host has a circuit of its own, named as [Host] says; [Options.Circuit]
// names them otherwise. A client follows redirects through its transport, so
// that each hop is a call to its own host. What net/http sends again on a fresh
// connection, because an idle one turned out to be dead, is one call.
//
// # When a call is judged
//
// A call ends when the headers of its response arrive. That is what call.timeout
// bounds and what slow_after is compared with; sending the request is part of
// it. The body is never cut by the guard and never slow, so downloads, event
// streams and upgraded connections live as long as they would without it. A body
// can only make things worse, and only at first: if the dependency breaks it off
// within an eighth of slow_after (250ms by default), the call is a failure.
// [Options.TimeBody] makes the whole body part of the call.
//
// # What a call comes to
//
//	a status of a failure (429 and 5xx)     failure; Retry-After is honoured
//	a status to ignore (none)               ignored
//	any other status                        success, or slow
//	no connection, no name, bad TLS, reset  failure
//	call.timeout has passed                 failure, recloser.ErrCallTimeout
//	the dependency breaks off the body      failure, as above
//	the caller closes the body early        success
//	the caller cancels, or runs out of time ignored
//	the request is one nobody could send    ignored
//	the caller's own request body fails     ignored
//	the rejection of another breaker        ignored
//
// 501 and 505 are in 5xx and count: what is written is what is done. They may say
// more of a request than of the health of a server; a client that meets them so
// puts them into the Ignored of its [Statuses].
//
// A Retry-After of seconds, or of a date compared with the Date of the same
// response, becomes the open time if the failure opens the circuit; max_cooldown
// bounds it.
//
// # What the caller sees
//
// A rejection is an [*recloser.OpenError], to be found by errors.As in the
// [*url.Error] of a client. A call leaves call.reserve of its caller's time, but no
// more than a quarter of it; a client's Timeout is such a deadline. In shadow mode no call is rejected or cut short.
//
// Neither the names of circuits nor the errors of this package hold anything of
// a URL but its host. The error of an [http.Client] holds all of it.
package httpguard
