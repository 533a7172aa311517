package locallambda

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	invalidTransition = "InvalidStateTransition"
	maxErrorBody      = maxResponse
)

// serveNext gives the runtime its next event, when there is one.
func (l *life) serveNext(w http.ResponseWriter, r *http.Request) {
	running := false
	l.change(func() {
		for _, i := range l.inflight {
			running = running || !i.isAnswered()
		}
		if running = running && !l.environment.options().managed(); !running {
			l.waiting++
		}
	})
	if running {
		transition(w, invalidTransition, "Running", "Ready", "runtime")
		return
	}
	select {
	case i := <-l.next:
		l.event(w, i)
	case <-r.Context().Done():
		l.change(func() { l.waiting-- })
	case <-l.over:
	}
}

func (l *life) event(w http.ResponseWriter, i *invocation) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Lambda-Runtime-Aws-Request-Id", i.id)
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", l.environment.options().arn())
	header.Set("Lambda-Runtime-Trace-Id", i.TraceID)
	if i.ClientContext != "" {
		header.Set("Lambda-Runtime-Client-Context", i.ClientContext)
	}
	_, _ = w.Write(i.Payload) // A runtime that does not listen has ended.
}

// unanswered returns the invocation that the runtime answers, or refuses to.
func (l *life) unanswered(w http.ResponseWriter, r *http.Request, to string) *invocation {
	l.mu.Lock()
	i, late := l.inflight[r.PathValue("id")], slices.Contains(l.late.ids, r.PathValue("id"))
	l.mu.Unlock()
	switch {
	case late:
		refuse(w, http.StatusGone, "InvokeTimeout", "Invoke timeout")
		return nil
	case i == nil:
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return nil
	case i.isAnswered():
		transition(w, invalidTransition, "RuntimeResponseSentState", to, "runtime")
		return nil
	}
	return i
}

// serveResponse takes what the function returned.
func (l *life) serveResponse(w http.ResponseWriter, r *http.Request) {
	i := l.unanswered(w, r, "InvocationResponse")
	if i == nil {
		return
	}
	began := now()
	mode := r.Header.Get("Lambda-Runtime-Function-Response-Mode")
	if mode != "" && !strings.EqualFold(mode, "streaming") {
		l.answer(i, answer{err: runtimeMode})
		refuse(w, http.StatusBadRequest, "InvalidFunctionResponseMode", "Invalid function response mode")
		return
	}
	if i.stream != nil && r.Header.Get("Content-Type") == integrationResponse {
		l.passOn(w, r, i, began)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if err == nil {
		l.end(w, r, i, body, len(body), began)
		return
	}
	l.refuseResponse(w, r, i, err, maxResponse)
}

// passOn passes a streamed response on as it comes.
func (l *life) passOn(w http.ResponseWriter, r *http.Request, i *invocation, began time.Time) {
	body := &remembered{Reader: http.MaxBytesReader(w, r.Body, maxStream)}
	n, err := io.Copy(i.stream, body)
	if err != nil && body.err == nil {
		var rest int64
		rest, err = io.Copy(io.Discard, body) // The client has hung up, and the function goes on.
		n += rest
	}
	if err != nil {
		_ = i.stream.CloseWithError(err)
		l.refuseResponse(w, r, i, err, maxStream)
		return
	}
	if kind := r.Trailer.Get(errorTrailer); kind != "" {
		_ = i.stream.CloseWithError(FunctionError{Type: kind})
	}
	_ = i.stream.Close() // It changes nothing that has been closed.
	l.end(w, r, i, nil, int(n), began)
}

// remembered remembers the error of reading.
type remembered struct {
	io.Reader
	err error
}

// Read implements [io.Reader].
func (r *remembered) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// end takes a response that has come to its end.
func (l *life) end(w http.ResponseWriter, r *http.Request, i *invocation, body []byte, produced int, began time.Time) {
	a := streamed(body, r)
	a.began, a.ended, a.produced = began, now(), produced
	l.answer(i, a)
	accept(w)
}

func (l *life) refuseResponse(w http.ResponseWriter, r *http.Request, i *invocation, err error, limit int64) {
	if !tooLarge(err) {
		// Its sender may have been killed, so this is not yet the answer.
		refuse(w, http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated")
		return
	}
	large := FunctionError{functionTooLarge, fmt.Sprintf("Response payload size (%d bytes) exceeded maximum allowed payload size (%d bytes).", max(r.ContentLength, limit+1), limit)}
	l.answer(i, answer{payload: large.payload(""), err: large.Type})
	refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (%d bytes).", limit)
}

const (
	errorTrailer     = "Lambda-Runtime-Function-Error-Type"
	errorBodyTrailer = "Lambda-Runtime-Function-Error-Body"
)

// streamed is the answer of a response, which may have failed in the middle: then
// its trailers say how.
func streamed(body []byte, r *http.Request) answer {
	a := answer{payload: body, contentType: r.Header.Get("Content-Type")}
	if kind := r.Trailer.Get(errorTrailer); kind != "" {
		text, err := base64.StdEncoding.DecodeString(r.Trailer.Get(errorBodyTrailer))
		if err != nil || !json.Valid(text) {
			text = FunctionError{Type: kind}.payload("")
		}
		a = answer{payload: text, contentType: "application/json", err: errorType(kind)}
	}
	return a
}

// serveError takes the error of a function.
func (l *life) serveError(w http.ResponseWriter, r *http.Request) {
	i := l.unanswered(w, r, "InvocationErrorResponse")
	if i == nil {
		return
	}
	began := now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxErrorBody))
	switch {
	case tooLarge(err):
		l.answer(i, answer{err: functionTooLarge, payload: FunctionError{functionTooLarge, "The error of the function is too large."}.payload("")})
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (%d bytes).", maxErrorBody)
	case err != nil:
		refuse(w, http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated")
	default:
		kind := errorType(r.Header.Get("Lambda-Runtime-Function-Error-Type"))
		l.answer(i, answer{payload: body, contentType: r.Header.Get("Content-Type"), err: kind, began: began, ended: now()})
		accept(w)
	}
}

// answer records an answer, and wakes those who wait for it.
func (l *life) answer(i *invocation, a answer) {
	l.change(func() { i.answer(a) })
}

// errorType is the type of error that a runtime has given, if it is one that Lambda
// passes on.
func errorType(given string) string {
	switch {
	case regexp.MustCompile(`(Runtime|Function)\.[A-Z][a-zA-Z]+`).MatchString(given):
		return given
	case strings.HasPrefix(given, "Function."):
		return functionUnknown
	}
	return runtimeUnknown
}

// serveInitError takes the runtime's account of why it cannot start.
func (l *life) serveInitError(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxErrorBody))
	if err != nil {
		refuse(w, http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated")
		return
	}
	l.mu.Lock()
	registering := l.registering
	l.mu.Unlock()
	if !registering {
		transition(w, invalidTransition, "Ready", "InitError", "runtime")
		return
	}
	kind := errorType(r.Header.Get("Lambda-Runtime-Function-Error-Type"))
	d := defect{FunctionError: FunctionError{Type: kind}, answer: body}
	l.change(func() { l.account = &d })
	afterFunc(linger, func() { l.fail(d) }) // It should now exit, which is awaited so long.
	accept(w)
}
