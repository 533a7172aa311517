package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/recloser-dev/recloser"
)

// Bounds of a request.
const (
	// MaxBody is the largest body of a request.
	MaxBody = 16 << 10
	// MaxWait is the longest that a request for events waits for one.
	MaxWait = 20 * time.Second
	// MaxEvents is the most events of one answer.
	MaxEvents = 1000
	// MaxOverride is the longest that an override may last.
	MaxOverride = 24 * time.Hour
	// MaxText is the most bytes of a reason, and of an actor half of it.
	MaxText = 256

	bodyTimeout = 5 * time.Second
)

// ErrNotFound is matched by the error of a circuit that nobody knows.
var ErrNotFound = errors.New("no such circuit")

// Operator is what the API works on. Its methods must be safe for concurrent
// use. An error that matches [ErrNotFound] or [recloser.ErrKey] is the
// client's fault; its text is shown to the user.
type Operator interface {
	// Circuits returns all circuits by name.
	Circuits(ctx context.Context) ([]Circuit, error)
	// Describe returns everything about one circuit.
	Describe(ctx context.Context, key string) (Circuit, error)
	// Override forces a circuit open or closed.
	Override(ctx context.Context, key string, o recloser.Override) (Circuit, error)
	// Reset takes an override back and closes the circuit.
	Reset(ctx context.Context, key, actor, reason string) (Circuit, error)
	// Events returns up to limit events after the given sequence number, the
	// newest if there are more, and waits up to wait for the first.
	Events(ctx context.Context, after uint64, limit int, wait time.Duration) []Event
}

// NewHandler returns the API over o. Every path but /health wants the token;
// see [Guard] for what else a request must satisfy.
func NewHandler(o Operator, token string) http.Handler {
	h := &handler{operator: o}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/circuits", h.circuits)
	mux.HandleFunc("GET /v1/circuit", h.describe)
	mux.HandleFunc("GET /v1/events", h.events)
	mux.HandleFunc("POST /v1/override", h.override)
	mux.HandleFunc("POST /v1/reset", h.reset)

	all := http.NewServeMux()
	all.HandleFunc("GET /health", health)
	all.Handle("/", authenticated(token, mux))
	return all
}

type handler struct{ operator Operator }

func health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{"schema_version": SchemaVersion, "service": "recloser dev", "ok": true})
}

func (h *handler) circuits(w http.ResponseWriter, r *http.Request) {
	circuits, err := h.operator.Circuits(r.Context())
	if err != nil {
		WriteError(w, err)
		return
	}
	writeJSON(w, CircuitList{SchemaVersion: SchemaVersion, Circuits: circuits})
}

func (h *handler) describe(w http.ResponseWriter, r *http.Request) {
	circuit, err := h.operator.Describe(r.Context(), r.URL.Query().Get("key"))
	writeCircuit(w, circuit, err)
}

func (h *handler) events(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	after, err := strconv.ParseUint(query.Get("after"), 10, 64)
	if err != nil {
		WriteError(w, badRequest("after must be a sequence number, such as 0"))
		return
	}
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || limit < 1 || limit > MaxEvents {
		WriteError(w, badRequest("limit must be from 1 to %d", MaxEvents))
		return
	}
	wait, err := time.ParseDuration(query.Get("wait"))
	if err != nil || wait < 0 || wait > MaxWait {
		WriteError(w, badRequest("wait must be from 0s to %v", MaxWait))
		return
	}
	events := h.operator.Events(r.Context(), after, limit, wait)
	writeJSON(w, EventList{SchemaVersion: SchemaVersion, Events: events})
}

func (h *handler) override(w http.ResponseWriter, r *http.Request) {
	order, err := readOrder(w, r)
	if err != nil {
		WriteError(w, err)
		return
	}
	length, err := time.ParseDuration(order.For)
	if err != nil || length <= 0 || length > MaxOverride {
		WriteError(w, badRequest("for must be a duration above 0s and up to %v, such as 15m, not %.40q", MaxOverride, order.For))
		return
	}
	if order.Mode != recloser.OverrideOpen && order.Mode != recloser.OverrideClosed {
		WriteError(w, badRequest("mode must be open or closed, not %.40q", string(order.Mode)))
		return
	}
	circuit, err := h.operator.Override(r.Context(), order.Circuit, recloser.Override{
		Mode:   order.Mode,
		Until:  recloser.InstantOf(time.Now().Add(length)),
		Actor:  order.Actor,
		Reason: order.Reason,
	})
	writeCircuit(w, circuit, err)
}

func (h *handler) reset(w http.ResponseWriter, r *http.Request) {
	order, err := readOrder(w, r)
	if err == nil && (order.Mode != "" || order.For != "") {
		err = badRequest("a reset takes neither mode nor for")
	}
	if err != nil {
		WriteError(w, err)
		return
	}
	circuit, err := h.operator.Reset(r.Context(), order.Circuit, order.Actor, order.Reason)
	writeCircuit(w, circuit, err)
}

func readOrder(w http.ResponseWriter, r *http.Request) (Order, error) {
	var order Order
	if err := DecodeBody(w, r, &order); err != nil {
		return Order{}, err
	}
	switch {
	case order.Circuit == "":
		return Order{}, badRequest("circuit is missing")
	case order.Actor == "":
		return Order{}, badRequest("actor is missing: say who asks")
	case len(order.Actor) > MaxText/2 || !Printable(order.Actor):
		return Order{}, badRequest("actor must be printable and at most %d bytes", MaxText/2)
	case len(order.Reason) > MaxText || !Printable(order.Reason):
		return Order{}, badRequest("reason must be printable and at most %d bytes", MaxText)
	}
	return order, nil
}

func writeCircuit(w http.ResponseWriter, c Circuit, err error) {
	if err != nil {
		WriteError(w, err)
		return
	}
	writeJSON(w, CircuitDescription{SchemaVersion: SchemaVersion, Circuit: c})
}

// StatusError is an error with the HTTP status it is answered with.
type StatusError struct {
	Status int
	Text   string
}

// Error returns the text.
func (e *StatusError) Error() string { return e.Text }

// Is reports whether the answer means target.
func (e *StatusError) Is(target error) bool {
	return target == ErrNotFound && e.Status == http.StatusNotFound
}

func badRequest(format string, args ...any) error {
	return &StatusError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// Problem is the JSON body of an error, as RFC 9457 has it.
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// WriteError answers with an error, under the status that it means.
func WriteError(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	var own *StatusError
	switch {
	case errors.As(err, &own):
		status = own.Status
	case errors.Is(err, ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, recloser.ErrKey):
		status = http.StatusBadRequest
	}
	WriteProblem(w, status, err.Error())
}

// WriteProblem answers with an error.
func WriteProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	writeBody(w, status, Problem{http.StatusText(status), status, detail})
}

func writeJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	writeBody(w, http.StatusOK, body)
}

func writeBody(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	// The client is gone if this fails, and there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(body)
}
