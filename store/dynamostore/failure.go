package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"github.com/recloser-dev/recloser/internal/field"
)

// MalformedError is an item that is no record, or no entry of a history. Nothing
// is decided by it.
type MalformedError = field.MalformedError

// What can be wrong with a request. An [*Error] matches at most one of them.
var (
	// ErrNoTable is matched where there is no such table in the region.
	ErrNoTable = errors.New("there is no such table")
	// ErrWrongTable is matched where the table is not one of records.
	ErrWrongTable = errors.New("the table is not one of records")
	// ErrCredentials is matched by credentials that are missing, expired or
	// not valid.
	ErrCredentials = errors.New("the credentials are not good")
	// ErrDenied is matched by credentials that may not make the request.
	ErrDenied = errors.New("the credentials do not allow it")
	// ErrThrottled is matched by a request that DynamoDB has turned away, so
	// that it was not made.
	ErrThrottled = errors.New("DynamoDB is throttling")
	// ErrRegion is matched by a client without a region.
	ErrRegion = errors.New("there is no region")
	// ErrUnreachable is matched where no answer came.
	ErrUnreachable = errors.New("DynamoDB is out of reach")
	// ErrUnavailable is matched where the answer is that of a server in
	// trouble.
	ErrUnavailable = errors.New("DynamoDB is in trouble")
)

// Error is a request that failed. Its text is one line, without anything that
// was asked, answered or signed: a server's own words may hold all of it. The
// SDK's error can be read by [errors.As].
type Error struct {
	// Operation is the request, such as "UpdateItem".
	Operation string
	// Table and Region are where it was made.
	Table, Region string
	// Kind is one of this package's Err values, or nil.
	Kind error
	// Code is DynamoDB's name of the fault, and Status the status of HTTP, if
	// there was an answer.
	Code   string
	Status int
	// RequestID is what AWS knows the request by.
	RequestID string

	advice string
	cause  error
}

// Error says what failed where, why, and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "dynamostore: %s, table %.300q", e.Operation, e.Table)
	if e.Region != "" {
		fmt.Fprintf(&b, " in %s", e.Region)
	}
	if e.Kind != nil {
		fmt.Fprintf(&b, ": %v", e.Kind)
	}
	if e.advice != "" {
		fmt.Fprintf(&b, ": %s", e.advice)
	}
	switch {
	case e.Code != "" && e.RequestID != "":
		fmt.Fprintf(&b, " (%s, request %s)", e.Code, e.RequestID)
	case e.Code != "":
		fmt.Fprintf(&b, " (%s)", e.Code)
	case e.Status != 0:
		fmt.Fprintf(&b, " (status %d)", e.Status)
	}
	return b.String()
}

// Unwrap returns the kind and the SDK's error.
func (e *Error) Unwrap() []error {
	return slices.DeleteFunc([]error{e.Kind, e.cause}, func(err error) bool { return err == nil })
}

// failed says what is wrong with a request.
func (s *Store) failed(operation string, err error) error {
	return failed(s.client, s.options.Table, operation, err)
}

func failed(client any, table, operation string, err error) error {
	e := &Error{Operation: operation, Table: table, cause: err}
	if c, ok := client.(interface{ Options() dynamodb.Options }); ok {
		e.Region = c.Options().Region
	}
	if answer, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		e.Status, e.RequestID = answer.HTTPStatusCode(), word(answer.ServiceRequestID())
	}
	if refusal, ok := errors.AsType[smithy.APIError](err); ok {
		e.Code = word(refusal.ErrorCode())
		e.advice, e.Kind = refused(operation, e.Code, refusal.ErrorMessage())
		if e.Kind == nil && (e.Status < 400 || e.Status >= 500) {
			e.Kind = ErrUnavailable
		}
		return e
	}
	e.advice, e.Kind = unanswered(err, e.Status)
	return e
}

// refused reads DynamoDB's name of a fault.
func refused(operation, code, message string) (advice string, kind error) {
	switch code {
	case "ResourceNotFoundException":
		return "create it with recloser store init, or name another table or region", ErrNoTable
	case "ValidationException":
		// The words are DynamoDB's; there is no code of its own for it.
		if strings.Contains(message, "key element") || strings.Contains(message, "number of conditions on the keys") ||
			strings.Contains(message, "Missing the key") || strings.Contains(message, "One of the required keys") {
			return "its key must be pk and sk, two strings; recloser store check says more", ErrWrongTable
		}
		if strings.Contains(message, "specified index") {
			return "it has no index " + Index + "; run recloser store init", ErrWrongTable
		}
		if strings.Contains(message, "protected against deletion") {
			return "its deletion protection is on; turn it off first", nil
		}
		return "DynamoDB does not accept the request", nil
	case "ExpiredTokenException", "ExpiredToken", "RequestExpired":
		return "they have expired; get new ones", ErrCredentials
	case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch",
		"IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException":
		return "they are not valid here; look at the account, the region and the clock of this machine", ErrCredentials
	case "AccessDeniedException", "AccessDenied":
		return allow(operation), ErrDenied
	case "ProvisionedThroughputExceededException", "ThrottlingException", "Throttling", "RequestLimitExceeded", "RequestThrottled":
		return "raise the table's limits, or use on-demand capacity", ErrThrottled
	case "InternalServerError", "InternalFailure", "ServiceUnavailable", "ServiceUnavailableException":
		return "", ErrUnavailable
	}
	return "", nil
}

// allow says what right a request lacks.
func allow(operation string) string {
	switch operation {
	case "GetItem", "UpdateItem":
		return "allow dynamodb:GetItem and dynamodb:UpdateItem on the table"
	case "Query":
		return "allow dynamodb:Query on the table and on its index " + Index
	}
	return "allow dynamodb:" + operation + " on the table"
}

// unanswered says why there is no answer that could be read.
func unanswered(err error, status int) (advice string, kind error) {
	dial, dialled := errors.AsType[*net.OpError](err)
	name, unknown := errors.AsType[*net.DNSError](err)
	switch {
	case errors.Is(err, ErrCredentials), strings.Contains(err.Error(), "get identity:"), strings.Contains(err.Error(), "failed to retrieve credentials"):
		return "there are none; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the client a provider", ErrCredentials
	case strings.Contains(err.Error(), "Missing Region"), isMissingRegion(err):
		return "set AWS_REGION", ErrRegion
	case errors.Is(err, context.DeadlineExceeded):
		return "there was no answer in time", ErrUnreachable
	case errors.Is(err, context.Canceled):
		return "the caller has gone", nil
	case unknown:
		return "no address for " + word(name.Name), ErrUnreachable
	case dialled:
		return line(dial.Error()), ErrUnreachable
	case status != 0:
		return "its answer cannot be read", ErrUnavailable
	}
	return "the connection broke", ErrUnreachable
}

func isMissingRegion(err error) bool {
	_, missing := errors.AsType[*aws.MissingRegionError](err)
	return missing
}

// word returns the letters, digits and dots of s, which came from outside.
func word(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune("._-", r) {
			return r
		}
		return -1
	}, s[:min(len(s), 100)])
}

// line returns s as one line.
func line(s string) string {
	return fmt.Sprintf("%.200s", strings.Join(strings.Fields(s), " "))
}
