package locallambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// api is what the processes of an environment ask.
func (e *environment) api() http.Handler {
	mux := http.NewServeMux()
	const runtime, extension, telemetry = "/2018-06-01/runtime/", "/2020-01-01/extension/", "/2022-07-01/telemetry"
	for pattern, handle := range map[string]func(*life, http.ResponseWriter, *http.Request){
		"GET " + runtime + "invocation/next":           (*life).serveNext,
		"POST " + runtime + "invocation/{id}/response": (*life).serveResponse,
		"POST " + runtime + "invocation/{id}/error":    (*life).serveError,
		"POST " + runtime + "init/error":               (*life).serveInitError,
		"POST " + extension + "register":               (*life).serveRegister,
		"GET " + extension + "event/next":              (*life).serveEvent,
		"POST " + extension + "init/error":             (*life).serveExtensionInitError,
		"POST " + extension + "exit/error":             (*life).serveExtensionExitError,
		"PUT " + telemetry:                             (*life).serveTelemetry,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if l := e.life.Load(); l != nil {
				handle(l, w, r)
				return
			}
			refuse(w, http.StatusInternalServerError, "InternalServerError", "Internal Server Error")
		})
	}
	return mux
}

// refuse answers with an error in the form of the APIs.
func refuse(w http.ResponseWriter, status int, kind, format string, args ...any) {
	respond(w, status, struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}{fmt.Sprintf(format, args...), kind})
}

func accept(w http.ResponseWriter) {
	respond(w, http.StatusAccepted, struct {
		Status string `json:"status"`
	}{"OK"})
}

func respond(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // Strings.
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text) // Who does not listen has ended, which is found elsewhere.
}

// transition refuses what the sender may not do in its state.
func transition(w http.ResponseWriter, kind, from, to, whose string) {
	refuse(w, http.StatusForbidden, kind, "State transition from %s to %s failed for %s. Error: State transition is not allowed", from, to, whose)
}

// tooLarge reports whether reading a body has failed at its limit.
func tooLarge(err error) bool {
	var limit *http.MaxBytesError
	return errors.As(err, &limit)
}
