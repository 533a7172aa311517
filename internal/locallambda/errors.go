package locallambda

import (
	"encoding/json"
	"errors"
	"fmt"
)

var (
	// ErrUnsupported is matched by the error of [New] where environments cannot
	// be frozen.
	ErrUnsupported = errors.New("locallambda: this system has no SIGSTOP to freeze environments by; use Linux, macOS or another Unix")
	// ErrThrottled is matched by the error of an invocation for which there is
	// no environment, and there may be none.
	ErrThrottled = errors.New("locallambda: all environments are busy")
	// ErrTooLarge is matched by the error of a payload above the limit of its
	// kind of invocation.
	ErrTooLarge = errors.New("locallambda: the payload is too large")
	// ErrClosed is matched by the error of whatever comes after, or is cut short
	// by, [Function.Close].
	ErrClosed = errors.New("locallambda: the function is closed")
)

// FunctionError is the error of a function, in the form that Lambda gives it.
type FunctionError struct {
	Type    string `json:"errorType,omitempty"`
	Message string `json:"errorMessage,omitempty"`
}

// Error implements error.
func (e FunctionError) Error() string { return e.Type + ": " + e.Message }

// The types of errors that Lambda itself finds.
const (
	sandboxTimeout    = "Sandbox.Timedout"
	sandboxFailure    = "Sandbox.Failure"
	runtimeExit       = "Runtime.ExitError"
	runtimeEntrypoint = "Runtime.InvalidEntrypoint"
	runtimeMode       = "Runtime.InvalidResponseModeHeader"
	runtimeTruncated  = "Runtime.TruncatedResponse"
	runtimeUnknown    = "Runtime.Unknown"
	functionTooLarge  = "Function.ResponseSizeTooLarge"
	functionUnknown   = "Function.Unknown"
	extensionCrash    = "Extension.Crash"
	extensionInit     = "Extension.InitError"
	extensionExit     = "Extension.ExitError"
	extensionLaunch   = "Extension.LaunchError"
)

// payload is what the caller of the function gets.
func (e FunctionError) payload(requestID string) []byte {
	if requestID != "" {
		e.Message = fmt.Sprintf("RequestId: %s Error: %s", requestID, e.Message)
	}
	text, err := json.Marshal(e)
	if err != nil {
		panic(err) // Two strings.
	}
	return text
}

// defect is why an environment must be reset: the first reason counts.
type defect struct {
	FunctionError
	// answer is the runtime's own account of a failed init.
	answer []byte
}

// account is what the caller of the function gets.
func (d *defect) account(requestID string) []byte {
	if d.answer != nil {
		return d.answer
	}
	return d.payload(requestID)
}
