package awsguard

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/aws/smithy-go"

	"github.com/recloser-dev/recloser"
)

// Classify is what a guard makes of the error of a call if it is not told
// otherwise; the package documentation has the table. Of two things that the SDK
// takes for throttling it takes neither for a failure: a quota that is used up
// (LimitExceededException), and another request that is still at work
// (TransactionInProgressException, PriorRequestNotComplete), unless the status
// says so.
func Classify(err error) recloser.Outcome {
	var another *smithy.OperationError
	var answer smithy.APIError
	var status interface{ HTTPStatusCode() int }
	var connection interface{ ConnectionError() bool }
	var garbled *smithy.DeserializationError
	switch {
	case err == nil:
		return recloser.OutcomeSuccess
	case errors.Is(err, recloser.ErrOpen), errors.Is(err, recloser.ErrNoTime), errors.As(err, &another):
		// An operation in an operation is one that asks for credentials.
		return recloser.OutcomeIgnored
	case errors.As(err, &answer) && (answer.ErrorFault() == smithy.FaultServer || throttles(answer.ErrorCode())):
		return recloser.OutcomeFailure
	case errors.As(err, &status) && failing(status.HTTPStatusCode()):
		return recloser.OutcomeFailure
	case errors.As(err, &connection) && connection.ConnectionError(), errors.As(err, &garbled),
		errors.Is(err, context.DeadlineExceeded):
		return recloser.OutcomeFailure
	case answer != nil, status != nil && status.HTTPStatusCode() != 0:
		return recloser.OutcomeSuccess
	}
	return recloser.OutcomeIgnored
}

func failing(status int) bool {
	return status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}

// throttles reports whether an error code says that there were too many requests.
// Most services say so with the status 400.
func throttles(code string) bool {
	return slices.Contains([]string{
		"BandwidthLimitExceeded", "EC2ThrottledException", "KMSThrottlingException", "KmsThrottled",
		"ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled",
		"RequestThrottledException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException",
		"TooManyRequestsException",
	}, code)
}
