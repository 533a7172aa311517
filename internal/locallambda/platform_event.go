package locallambda

import (
	"strings"
	"time"
)

// The records of the platform's events, in the schema of the Telemetry API.
type (
	initStartRecord struct {
		InitializationType string `json:"initializationType"`
		Phase              string `json:"phase"`
		FunctionName       string `json:"functionName"`
		FunctionVersion    string `json:"functionVersion"`
		InstanceID         string `json:"instanceId"`
		InstanceMaxMemory  int64  `json:"instanceMaxMemory"` // Bytes.
	}
	initDoneRecord struct {
		InitializationType string        `json:"initializationType"`
		Phase              string        `json:"phase"`
		Status             string        `json:"status"`
		ErrorType          string        `json:"errorType,omitempty"`
		Metrics            *durationOnly `json:"metrics,omitempty"` // Of initReport alone.
	}
	durationOnly struct {
		DurationMs float64 `json:"durationMs"`
	}
	extensionRecord struct {
		Name      string   `json:"name"`
		State     string   `json:"state"`
		Events    []string `json:"events"`
		ErrorType string   `json:"errorType,omitempty"`
	}
	startRecord struct {
		RequestID string         `json:"requestId"`
		Version   string         `json:"version"`
		Tracing   *tracingHeader `json:"tracing,omitempty"`
	}
	// endRecord is of what has ended: the runtime's part of an invocation, or all
	// of it.
	endRecord[M any] struct {
		RequestID string         `json:"requestId"`
		Status    string         `json:"status"`
		ErrorType string         `json:"errorType,omitempty"`
		Metrics   M              `json:"metrics"`
		Spans     []span         `json:"spans,omitempty"`
		Tracing   *tracingHeader `json:"tracing,omitempty"`
	}
	runtimeDoneRecord = endRecord[runtimeMetrics]
	runtimeMetrics    struct {
		DurationMs    float64 `json:"durationMs"`
		ProducedBytes int     `json:"producedBytes"`
	}
	reportRecord  = endRecord[reportMetrics]
	reportMetrics struct {
		DurationMs       float64 `json:"durationMs"`
		BilledDurationMs int64   `json:"billedDurationMs,omitempty"`
		MemorySizeMB     int     `json:"memorySizeMB,omitempty"`
		MaxMemoryUsedMB  int     `json:"maxMemoryUsedMB,omitempty"`
		InitDurationMs   float64 `json:"initDurationMs,omitempty"`
	}
	span struct {
		Name       string  `json:"name"`
		Start      string  `json:"start"`
		DurationMs float64 `json:"durationMs"`
	}
	subscriptionRecord struct {
		Name  string   `json:"name"`
		State string   `json:"state"`
		Types []string `json:"types"`
	}
	droppedRecord struct {
		Bytes   int    `json:"droppedBytes"`
		Records int    `json:"droppedRecords"`
		Reason  string `json:"reason"`
	}
)

// The status of a phase: of an error the function is the cause, of a failure the
// sandbox.
const (
	statusSuccess = "success"
	statusError   = "error"
	statusFailure = "failure"
	statusTimeout = "timeout"
)

// statusOf tells what became of a phase, with the type of its error.
func statusOf(d *defect, err error) (status, kind string) {
	switch {
	case err != nil:
		return statusTimeout, ""
	case d == nil:
		return statusSuccess, ""
	case strings.HasPrefix(d.Type, "Sandbox."):
		return statusFailure, d.Type
	}
	return statusError, d.Type
}

const timeFormat = "2006-01-02T15:04:05.000Z"

func newSpan(name string, from, to time.Time) span {
	return span{Name: name, Start: from.UTC().Format(timeFormat), DurationMs: milliseconds(to.Sub(from))}
}

// sampled returns the trace of an invocation if it is one to record.
func (i *invocation) sampled() *tracingHeader {
	if !strings.Contains(i.TraceID, "Sampled=1") {
		return nil
	}
	return &tracingHeader{Type: traceType, Value: i.TraceID}
}

const traceType = "X-Amzn-Trace-Id"
