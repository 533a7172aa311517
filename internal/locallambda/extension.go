package locallambda

import "encoding/json"

// extension is an extension of one life of an environment: a process of its own,
// or an internal one in the runtime's.
type extension struct {
	id, name string
	external bool
	process  *process    // Of an external one.
	events   chan []byte // What it is to be told, at most an INVOKE and a SHUTDOWN.

	// What follows is guarded by the life's lock.
	state            extensionState
	errorType        string
	invoke, shutdown bool // What it listens to.
}

// extensionState is what an extension does, by the names that the platform's
// events give it.
type extensionState string

const (
	extensionStarted     extensionState = "Started"
	extensionRegistered  extensionState = "Registered"
	extensionReady       extensionState = "Ready"
	extensionRunning     extensionState = "Running"
	extensionInitFailed  extensionState = "InitError"
	extensionExitFailed  extensionState = "ExitError"
	extensionLaunchError extensionState = "LaunchError"
)

// extensionEvent is what an extension is told.
type extensionEvent struct {
	EventType   string         `json:"eventType"`
	DeadlineMs  int64          `json:"deadlineMs"`
	RequestID   string         `json:"requestId,omitempty"`
	FunctionARN string         `json:"invokedFunctionArn,omitempty"`
	Tracing     *tracingHeader `json:"tracing,omitempty"`
	Reason      string         `json:"shutdownReason,omitempty"`
}

type tracingHeader struct {
	SpanID string `json:"spanId,omitempty"`
	Type   string `json:"type"`
	Value  string `json:"value"`
}

const (
	invokeEvent   = "INVOKE"
	shutdownEvent = "SHUTDOWN"
)

// tell gives each extension that is to have it an event.
func (l *life) tell(event extensionEvent, whom func(*extension) bool) {
	text, err := json.Marshal(event)
	if err != nil {
		panic(err) // Strings and a number.
	}
	l.change(func() {
		for _, x := range l.extensions {
			if !whom(x) {
				continue
			}
			select {
			case x.events <- text:
				if x.state == extensionReady {
					x.state = extensionRunning
				}
			default: // It has yet to take what it was told before.
			}
		}
	})
}

// tellInvocation tells the extensions that listen to invocations of one.
func (l *life) tellInvocation(i *invocation) {
	event := extensionEvent{
		EventType: invokeEvent, DeadlineMs: i.deadline.UnixMilli(), RequestID: i.id,
		FunctionARN: l.environment.options().arn(), Tracing: &tracingHeader{Type: "X-Amzn-Trace-Id", Value: i.TraceID},
	}
	l.tell(event, func(x *extension) bool { return x.invoke })
}

// extensionRecords are what the platform's events say of the extensions.
func (l *life) extensionRecords() []extensionRecord {
	l.mu.Lock()
	defer l.mu.Unlock()
	records := make([]extensionRecord, len(l.extensions))
	for i, x := range l.extensions {
		records[i] = extensionRecord{Name: x.name, State: string(x.state), Events: []string{}, ErrorType: x.errorType}
		if x.invoke {
			records[i].Events = append(records[i].Events, invokeEvent)
		}
		if x.shutdown {
			records[i].Events = append(records[i].Events, shutdownEvent)
		}
	}
	return records
}

// kinds reports whether there are internal and external extensions.
func (l *life) kinds() (internal, external bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, x := range l.extensions {
		internal = internal || !x.external
		external = external || x.external
	}
	return internal, external
}

// extensionEnding tells how the process of an extension ended, in Lambda's words.
func extensionEnding(p *process) string {
	if p.status.Success() {
		return "exit code 0"
	}
	return p.status.String()
}
