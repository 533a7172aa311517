package locallambda

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

const maxRegistration = 64 << 10

// The errors of the Extensions API.
const (
	invalidState      = "Extension.InvalidExtensionState"
	unknownIdentifier = "Extension.UnknownExtensionIdentifier"
)

// serveRegister lets an extension say what it listens to.
func (l *life) serveRegister(w http.ResponseWriter, r *http.Request) {
	name := r.Header.Get("Lambda-Extension-Name")
	if name == "" {
		refuse(w, http.StatusForbidden, "Extension.InvalidExtensionName", "Empty extension name")
		return
	}
	var asked struct {
		Events []string `json:"events"`
		Keys   []string `json:"configurationKeys"`
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistration))
	if err == nil {
		err = json.Unmarshal(body, &asked)
	}
	switch {
	case err != nil:
		refuse(w, http.StatusForbidden, "InvalidRequestFormat", "%s", err.Error())
		return
	case len(asked.Keys) > 0:
		refuse(w, http.StatusForbidden, "InvalidRequestFormat", "configurationKeys are deprecated; use environment variables instead")
		return
	}
	x, refused := l.register(name, asked.Events)
	if refused != nil {
		refuse(w, http.StatusForbidden, refused.Type, "%s", refused.Message)
		return
	}
	o := l.environment.options()
	answer := struct {
		Account string `json:"accountId,omitempty"`
		Name    string `json:"functionName"`
		Version string `json:"functionVersion"`
		Handler string `json:"handler"`
	}{Name: o.Name, Version: o.Version, Handler: o.Handler}
	features := strings.Split(r.Header.Get("Lambda-Extension-Accept-Feature"), ",")
	if slices.ContainsFunc(features, func(f string) bool { return strings.TrimSpace(f) == "accountId" }) {
		answer.Account = o.Account
	}
	w.Header().Set("Lambda-Extension-Identifier", x.id)
	respond(w, http.StatusOK, answer)
}

// register registers an extension for events, or returns why it may not be.
func (l *life) register(name string, events []string) (x *extension, refused *FunctionError) {
	l.change(func() {
		at := slices.IndexFunc(l.extensions, func(x *extension) bool { return x.name == name })
		external := at >= 0 && l.extensions[at].external
		for _, event := range events {
			if !slices.Contains(l.environment.options().events(external), event) {
				refused = &FunctionError{"Extension.InvalidEventType", event + ": ErrorInvalidEventType"}
				return
			}
		}
		switch {
		case external && l.extensions[at].state != extensionStarted:
			refused = &FunctionError{invalidState, "State transition from " + string(l.extensions[at].state) +
				" to Registered failed for extension " + name + ". Error: State transition is not allowed"}
			return
		case external:
			x = l.extensions[at]
		case !l.registering:
			refused = &FunctionError{"Extension.RegistrationClosed", "Extension registration closed already"}
			return
		case at >= 0:
			refused = &FunctionError{invalidState, "Extension with this name already registered"}
			return
		case len(l.extensions) >= maxExtensions:
			refused = &FunctionError{"Extension.TooManyExtensions", "Extension limit (10) reached"}
			return
		default:
			x = &extension{id: newID(), name: name, events: make(chan []byte, 2)}
			l.extensions = append(l.extensions, x)
		}
		x.state = extensionRegistered
		x.invoke, x.shutdown = slices.Contains(events, invokeEvent), slices.Contains(events, shutdownEvent)
	})
	return x, refused
}

// events are those that an extension may register for. One in the runtime's process
// cannot hear of a shutdown; and where invocations run side by side, none is told
// of each.
func (o *Options) events(external bool) []string {
	var events []string
	if !o.managed() {
		events = append(events, invokeEvent)
	}
	if external {
		events = append(events, shutdownEvent)
	}
	return events
}

// known returns the extension that makes a request, or refuses it.
func (l *life) known(w http.ResponseWriter, r *http.Request) *extension {
	id := r.Header.Get("Lambda-Extension-Identifier")
	switch {
	case id == "":
		refuse(w, http.StatusForbidden, "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header")
		return nil
	case len(id) != len("00000000-0000-0000-0000-000000000000"):
		refuse(w, http.StatusForbidden, "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier")
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, x := range l.extensions {
		if x.id == id && x.state != extensionStarted {
			return x
		}
	}
	refuse(w, http.StatusForbidden, unknownIdentifier, "Unknown extension %s", id)
	return nil
}

// serveEvent tells an extension its next event, when there is one.
func (l *life) serveEvent(w http.ResponseWriter, r *http.Request) {
	x := l.known(w, r)
	if x == nil {
		return
	}
	var from extensionState
	l.change(func() {
		from = x.state
		if from == extensionRegistered || from == extensionRunning {
			x.state = extensionReady
		}
	})
	if from == extensionInitFailed || from == extensionExitFailed {
		transition(w, invalidState, string(from), string(extensionReady), "extension "+x.id)
		return
	}
	select {
	case event := <-x.events:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Lambda-Extension-Event-Identifier", newID())
		_, _ = w.Write(event) // An extension that does not listen has ended.
	case <-r.Context().Done():
	case <-l.over:
	}
}

func (l *life) serveExtensionInitError(w http.ResponseWriter, r *http.Request) {
	l.serveExtensionError(w, r, extensionInitFailed, extensionInit)
}

func (l *life) serveExtensionExitError(w http.ResponseWriter, r *http.Request) {
	l.serveExtensionError(w, r, extensionExitFailed, extensionExit)
}

// serveExtensionError takes an extension's account of why it cannot go on.
func (l *life) serveExtensionError(w http.ResponseWriter, r *http.Request, to extensionState, kind string) {
	x := l.known(w, r)
	if x == nil {
		return
	}
	given := r.Header.Get("Lambda-Extension-Function-Error-Type")
	if given == "" {
		refuse(w, http.StatusForbidden, "Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found")
		return
	}
	var from extensionState
	allowed := false
	l.change(func() {
		from = x.state
		allowed = from == to || from == extensionRegistered || to == extensionExitFailed && (from == extensionReady || from == extensionRunning)
		if !allowed {
			return
		}
		x.state, x.errorType = to, given
		if l.reported == "" {
			l.reported = kind
		}
	})
	if !allowed {
		transition(w, invalidState, string(from), string(to), "extension "+x.id)
		return
	}
	accept(w) // It should now exit, and the end of its process has the kind of its account.
}
