package locallambda

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
)

// Why a record is sent.
const (
	conditionSuccess = "Success"
	conditionRetries = "RetriesExhausted"
	conditionAge     = "EventAgeExceeded"
	conditionZero    = "ZeroReservedConcurrency"
)

// record is what destinations get of an event.
type record struct {
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	RequestContext  requestContext   `json:"requestContext"`
	RequestPayload  json.RawMessage  `json:"requestPayload"`
	ResponseContext *responseContext `json:"responseContext,omitempty"`
	ResponsePayload json.RawMessage  `json:"responsePayload,omitempty"`
}

type requestContext struct {
	RequestID   string `json:"requestId"`
	FunctionARN string `json:"functionArn"`
	Condition   string `json:"condition"`
	InvokeCount int    `json:"approximateInvokeCount"`
}

type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion,omitempty"`
	FunctionError   string `json:"functionError,omitempty"`
}

const tooManyRequests = 429

// record returns the record of an event. One that was not invoked has no response.
func (f *Function) record(e *event, condition string) []byte {
	r := record{
		Version: "1.0", Timestamp: f.options.Clock.Now().UTC().Format(timeFormat),
		RequestContext: requestContext{e.id, f.options.qualifiedARN(), condition, e.invoked},
		RequestPayload: e.Payload,
	}
	switch {
	case condition == conditionZero:
	case e.refused:
		r.RequestContext.InvokeCount++
		r.ResponseContext = &responseContext{StatusCode: tooManyRequests}
	default:
		r.ResponseContext = &responseContext{200, e.result.ExecutedVersion, e.result.FunctionError}
		r.ResponsePayload = asJSON(e.result.Payload)
	}
	// Not json.Marshal, which writes < and > of the payloads in another way.
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil {
		panic(err) // The payloads are JSON.
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

// asJSON is a response as it is if it is JSON, else the string that it is.
func asJSON(payload []byte) json.RawMessage {
	if json.Valid(payload) {
		return payload
	}
	text, err := json.Marshal(string(payload))
	if err != nil {
		panic(err) // A string.
	}
	return text
}

// letter returns what the dead-letter queue gets of an event.
func (e *event) letter(condition string) Letter {
	const most = 1 << 10
	l := Letter{Body: e.Payload, RequestID: e.id}
	switch {
	case condition == conditionZero:
		l.ErrorMessage = "Function not invoked. Function isconfigured with zero reserved concurrent executions" // Lambda's spelling.
	case e.refused:
		l.ErrorCode, l.ErrorMessage = strconv.Itoa(tooManyRequests), "Rate Exceeded."
	default:
		var failure FunctionError
		if json.Unmarshal(e.result.Payload, &failure) != nil {
			failure.Message = string(e.result.Payload)
		}
		l.ErrorCode, l.ErrorMessage = "200", failure.Message
	}
	if len(l.ErrorMessage) > most {
		l.ErrorMessage = strings.ToValidUTF8(l.ErrorMessage[:most], "")
	}
	return l
}

// ToFunction is a destination that invokes another function asynchronously, as
// Lambda does: the record is its event.
func ToFunction(f *Function) Destination {
	return func(ctx context.Context, record []byte) error {
		_, err := f.InvokeAsync(ctx, record)
		return err
	}
}
