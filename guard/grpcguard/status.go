package grpcguard

import (
	"errors"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/recloser-dev/recloser"
)

// Classify is what a guard makes of the error of a call if it is not told
// otherwise; the package documentation has the table.
func Classify(err error) recloser.Outcome {
	if errors.Is(err, recloser.ErrOpen) || errors.Is(err, recloser.ErrNoTime) || misfit(err) {
		return recloser.OutcomeIgnored
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Internal, codes.Unknown, codes.DataLoss:
		return recloser.OutcomeFailure
	case codes.Canceled:
		return recloser.OutcomeIgnored
	case codes.OK, codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied,
		codes.FailedPrecondition, codes.Aborted, codes.OutOfRange, codes.Unimplemented, codes.Unauthenticated:
	}
	return recloser.OutcomeSuccess
}

// misfit reports whether err is gRPC's own for a message that cannot be written, or
// is larger than one side takes. Its code is the one of a server in need, so the
// words have to tell.
func misfit(err error) bool {
	text := status.Convert(err).Message()
	return strings.Contains(text, "error while marshaling") || strings.Contains(text, "message larger than max") ||
		strings.Contains(text, "after decompression larger than max")
}

// retryAfter returns how long the server that answered by err asks to be left
// alone, by the RetryInfo in its status. It is zero if there is none.
func retryAfter(err error) time.Duration {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok && info.GetRetryDelay().IsValid() {
			return max(info.GetRetryDelay().AsDuration(), 0)
		}
	}
	return 0
}

// statusError is an error of this module with the status that gRPC knows it by.
type statusError struct {
	code codes.Code
	err  error
}

func timeout() error { return &statusError{codes.DeadlineExceeded, recloser.ErrCallTimeout} }

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// GRPCStatus is how gRPC asks for the status of an error.
func (e *statusError) GRPCStatus() *status.Status {
	s := status.New(e.code, e.err.Error())
	if open, ok := errors.AsType[*recloser.OpenError](e.err); ok {
		if detailed, err := s.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(open.RetryAfter)}); err == nil {
			return detailed
		}
	}
	return s
}
