package locallambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// subscription is what an extension asks of the Telemetry API.
type subscription struct {
	SchemaVersion string   `json:"schemaVersion"`
	Types         []string `json:"types"`
	Destination   struct {
		Protocol string `json:"protocol"`
		URI      string `json:"URI"`
	} `json:"destination"`
	Buffering struct {
		MaxItems  *int `json:"maxItems"`
		MaxBytes  *int `json:"maxBytes"`
		TimeoutMs *int `json:"timeoutMs"`
	} `json:"buffering"`
}

// serveTelemetry lets an extension subscribe.
func (l *life) serveTelemetry(w http.ResponseWriter, r *http.Request) {
	x := l.known(w, r)
	if x == nil {
		return
	}
	invalid := func(err error) { refuse(w, http.StatusBadRequest, "ValidationError", "%s", err.Error()) }
	var asked subscription
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistration))
	if err == nil {
		err = json.Unmarshal(body, &asked)
	}
	if err != nil {
		invalid(fmt.Errorf("the body is not a subscription: %w", err))
		return
	}
	s, err := asked.subscriber(x.name, l)
	if err != nil {
		invalid(err)
		return
	}
	switch err := l.telemetry.subscribe(s); {
	case errors.Is(err, errSubscriptionClosed):
		s.cancel()
		refuse(w, http.StatusForbidden, "Telemetry.SubscriptionClosed", "Telemetry API subscription is closed")
	case err != nil:
		s.cancel()
		refuse(w, http.StatusInternalServerError, "InternalServerError", "Internal Server Error")
	default:
		l.telemetry.platform("telemetrySubscription", subscriptionRecord{x.name, "Subscribed", asked.Types})
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, `"OK"`) // Who does not listen has ended.
	}
}

// subscriber makes a subscriber of a valid subscription.
func (a *subscription) subscriber(name string, l *life) (*subscriber, error) {
	versions := []string{"2022-07-01", "2022-12-13", "2025-01-29"}
	if l.environment.options().managed() {
		versions = versions[2:]
	}
	if !slices.Contains(versions, a.SchemaVersion) {
		return nil, fmt.Errorf("the schemaVersion %q is none of %s", a.SchemaVersion, strings.Join(versions, ", "))
	}
	if len(a.Types) == 0 {
		return nil, errors.New("there are no types")
	}
	for _, kind := range a.Types {
		if !slices.Contains([]string{platformEvents, functionEvents, extensionEvents}, kind) {
			return nil, fmt.Errorf("the type %q is none of platform, function and extension", kind)
		}
	}
	address, err := a.address()
	if err != nil {
		return nil, err
	}
	s := newSubscriber(name, l.telemetry)
	s.types, s.url = a.Types, address
	millis := int(s.timeout / time.Millisecond)
	for _, bound := range []struct {
		name        string
		asked       *int
		least, most int
		value       *int
	}{
		{"maxItems", a.Buffering.MaxItems, 1000, 10000, &s.maxItems},
		{"maxBytes", a.Buffering.MaxBytes, 256 << 10, 1 << 20, &s.maxBytes},
		{"timeoutMs", a.Buffering.TimeoutMs, 25, 30000, &millis},
	} {
		switch {
		case bound.asked == nil:
		case *bound.asked < bound.least || *bound.asked > bound.most:
			s.cancel()
			return nil, fmt.Errorf("%s is %d, and must be from %d to %d", bound.name, *bound.asked, bound.least, bound.most)
		default:
			*bound.value = *bound.asked
		}
	}
	s.timeout = time.Duration(millis) * time.Millisecond
	return s, nil
}

// address is where events are delivered to: a port of this machine. Lambda's own
// name for it resolves nowhere else.
func (a *subscription) address() (string, error) {
	if !strings.EqualFold(a.Destination.Protocol, "http") {
		return "", fmt.Errorf("the protocol %q is not HTTP, the only one that is spoken here", a.Destination.Protocol)
	}
	where, err := url.Parse(a.Destination.URI)
	switch {
	case err != nil:
		return "", fmt.Errorf("the destination: %w", err)
	case where.Scheme != "http" || where.Port() == "":
		return "", errors.New("the destination is not http://sandbox.localdomain and a port")
	case where.Hostname() != "sandbox.localdomain" && where.Hostname() != "sandbox":
		return "", fmt.Errorf("the destination's host %q is not sandbox.localdomain", where.Hostname())
	case where.Port() == "9001":
		return "", errors.New("the port 9001 is reserved")
	}
	where.Host = "127.0.0.1:" + where.Port()
	return where.String(), nil
}
