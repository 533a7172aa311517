package locallambda

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Handler is the Invoke API of Lambda for some functions, so that clients of AWS
// and curl can invoke them:
//
//	POST /2015-03-31/functions/{name}/invocations
//
// A name is a function's, its ARN, or part of that, as in Lambda. Signatures are
// not looked at. Serve it on the loopback interface alone.
func Handler(functions ...*Function) http.Handler {
	byName := make(map[string]*Function)
	for _, f := range functions {
		byName[f.options.Name] = f
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amzn-Requestid", newID())
		name, qualifier := functionName(r.PathValue("name"))
		qualifier = cmp.Or(r.URL.Query().Get("Qualifier"), qualifier)
		f, found := byName[name]
		if !found || qualifier != "" && qualifier != f.options.Version {
			decline(w, http.StatusNotFound, "ResourceNotFoundException", "Function not found: "+name)
			return
		}
		f.serveInvoke(w, r)
	})
	return mux
}

// functionName takes the name and the version out of an ARN, a part of one, or a
// name with a version.
func functionName(given string) (name, qualifier string) {
	if _, after, found := strings.Cut(given, ":function:"); found {
		given = after
	} else if after, found := strings.CutPrefix(given, "function:"); found {
		given = after
	}
	name, qualifier, _ = strings.Cut(given, ":")
	return name, qualifier
}

func (f *Function) serveInvoke(w http.ResponseWriter, r *http.Request) {
	clientContext, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Amz-Client-Context"))
	if err != nil {
		decline(w, http.StatusBadRequest, "InvalidRequestContentException", "Client context must be a valid Base64-encoded string.")
		return
	}
	kind := r.Header.Get("X-Amz-Invocation-Type")
	limit := int64(maxPayload)
	if kind == "Event" {
		limit = maxEventPayload
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	switch {
	case tooLarge(err):
		decline(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", limit))
		return
	case err != nil:
		return // The caller has hung up.
	case len(body) > 0 && !json.Valid(body):
		decline(w, http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json: it is not JSON")
		return
	}
	request := Request{Payload: body, ClientContext: string(clientContext), TraceID: r.Header.Get("X-Amzn-Trace-Id")}
	switch kind {
	case "", "RequestResponse":
		f.answerInvoke(w, r, request)
	case "Event":
		id, err := f.InvokeRequestAsync(r.Context(), request)
		if err != nil {
			declineError(w, err)
			return
		}
		w.Header().Set("X-Amzn-Requestid", id)
		w.WriteHeader(http.StatusAccepted)
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
	default:
		decline(w, http.StatusBadRequest, "InvalidParameterValueException", fmt.Sprintf(
			"1 validation error detected: Value '%.64s' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]", kind))
	}
}

// answerInvoke invokes the function, and answers with its result.
func (f *Function) answerInvoke(w http.ResponseWriter, r *http.Request, request Request) {
	result, err := f.InvokeRequest(r.Context(), request)
	if err != nil {
		if r.Context().Err() == nil {
			declineError(w, err)
		}
		return
	}
	header := w.Header()
	header.Set("X-Amzn-Requestid", result.RequestID)
	header.Set("X-Amz-Executed-Version", result.ExecutedVersion)
	header.Set("Content-Type", "application/json")
	if result.FunctionError != "" {
		header.Set("X-Amz-Function-Error", result.FunctionError)
	}
	if r.Header.Get("X-Amz-Log-Type") == "Tail" {
		header.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(result.LogTail))
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(result.Payload) // Who does not listen has hung up.
}

// declineError answers with the error of an invocation.
func declineError(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, ErrThrottled), errors.Is(err, ErrQueueFull):
		throttle(w)
	case errors.Is(err, ErrTooLarge):
		decline(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", err.Error())
	case errors.Is(err, ErrNotJSON):
		decline(w, http.StatusBadRequest, "InvalidRequestContentException", err.Error())
	default:
		declineAs(w, http.StatusInternalServerError, "ServiceException", serviceError{Type: "Service", Message: err.Error()})
	}
}

// serviceError is the body of an error of the Invoke API.
type serviceError struct {
	Reason  string `json:"Reason,omitempty"`
	Type    string `json:"Type"`
	Message string `json:"message"`
}

func throttle(w http.ResponseWriter) {
	declineAs(w, http.StatusTooManyRequests, "TooManyRequestsException", serviceError{
		Reason: "ConcurrentInvocationLimitExceeded", Type: "User", Message: "Rate Exceeded.",
	})
}

func decline(w http.ResponseWriter, status int, kind, message string) {
	declineAs(w, status, kind, serviceError{Type: "User", Message: message})
}

func declineAs(w http.ResponseWriter, status int, kind string, body serviceError) {
	w.Header().Set("X-Amzn-Errortype", kind)
	respond(w, status, body)
}
