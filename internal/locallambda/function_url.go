package locallambda

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// URL is the function URL: it turns each HTTP request into an event of payload
// format 2.0, and the function's result into the response, so that a browser or
// curl sees what a client of the function would. A function that streams is
// streamed. Nobody is authenticated; serve it on the loopback interface alone.
func (f *Function) URL() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := newID()
		w.Header().Set("X-Amzn-Requestid", id)
		payload, err := f.urlEvent(w, r, id, now())
		switch {
		case tooLarge(err):
			urlError(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", `{"Message":"Request Entity Too Large"}`)
			return
		case err != nil:
			return // The caller has hung up.
		}
		pipe, into := io.Pipe()
		i := newInvocation(Request{Payload: payload, TraceID: r.Header.Get("X-Amzn-Trace-Id")}, id, now())
		i.stream = into
		w.Header().Set("X-Amzn-Trace-Id", i.TraceID)
		if err := f.dispatch(i); err != nil {
			if errors.Is(err, ErrThrottled) {
				urlError(w, http.StatusTooManyRequests, "TooManyRequestsException", `{"Reason":"ConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}`)
				return
			}
			urlError(w, http.StatusBadGateway, "ServiceException", "Internal Server Error")
			return
		}
		go func() {
			<-i.done
			// What was streamed to its end has been closed before.
			_ = into.CloseWithError(errNotStreamed)
		}()
		forward(w, r, i, pipe)
	})
}

// forward passes on what the function streams, or else what it returns.
func forward(w http.ResponseWriter, r *http.Request, i *invocation, pipe *io.PipeReader) {
	stop := closeWith(r, pipe)
	defer stop()
	begun, err := copyStream(w, pipe)
	_ = pipe.Close() // What still comes is for nobody.
	switch {
	case begun && err != nil:
		panic(http.ErrAbortHandler) // The client must not take a part for the whole.
	case begun || r.Context().Err() != nil:
		return
	}
	<-i.done
	if i.err != nil || i.result.FunctionError != "" {
		urlError(w, http.StatusBadGateway, "InternalServerErrorException", "Internal Server Error")
		return
	}
	answer, ok := urlAnswerOf(i.result)
	if !ok {
		urlError(w, http.StatusBadGateway, "InternalServerErrorException", "Internal Server Error")
		return
	}
	answer.write(w)
}

// closeWith closes the pipe when the client hangs up.
func closeWith(r *http.Request, pipe *io.PipeReader) (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-r.Context().Done():
			_ = pipe.CloseWithError(r.Context().Err())
		case <-ended:
		}
	}()
	return func() {
		close(ended)
		<-done
	}
}

func urlError(w http.ResponseWriter, status int, kind, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", kind)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // Who does not listen has hung up.
}

// urlTime is the form of an event's time.
func urlTime(at time.Time) string { return at.UTC().Format("02/Jan/2006:15:04:05 -0700") }
