package storage

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/field"
	"github.com/recloser-dev/recloser/store/dynamostore"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// Fault is what kind of thing is wrong with a store.
type Fault uint8

const (
	// FaultOther is any other.
	FaultOther Fault = iota
	// FaultRecord is one record that cannot be read; others can.
	FaultRecord
	// FaultDescription is something that the description of the store lacks or
	// has wrong.
	FaultDescription
	// FaultMissing is a table that is not there.
	FaultMissing
	// FaultDenied is credentials that are not there, not good, or not enough.
	FaultDenied
	// FaultUnreachable is a store that gives no answer, or none now.
	FaultUnreachable
)

// FaultOf returns what kind of thing an error of a store is.
func FaultOf(err error) Fault {
	var malformed *field.MalformedError
	is := func(targets ...error) bool {
		for _, target := range targets {
			if errors.Is(err, target) {
				return true
			}
		}
		return false
	}
	switch {
	case errors.As(err, &malformed), is(recloser.ErrSchema, valkeystore.ErrWrongType):
		return FaultRecord
	case is(dynamostore.ErrRegion), isOneOfCluster(err):
		return FaultDescription
	case is(dynamostore.ErrNoTable):
		return FaultMissing
	case is(dynamostore.ErrCredentials, dynamostore.ErrDenied, valkeystore.ErrCredentials, valkeystore.ErrDenied):
		return FaultDenied
	case is(dynamostore.ErrUnreachable, dynamostore.ErrUnavailable, dynamostore.ErrThrottled,
		valkeystore.ErrUnreachable, valkeystore.ErrUnavailable, valkeystore.ErrCluster):
		return FaultUnreachable
	}
	return FaultOther
}

// isOneOfCluster reports whether a server was asked as if it stood alone.
func isOneOfCluster(err error) bool {
	e, ok := errors.AsType[*valkeystore.Error](err)
	return ok && (e.Code == "MOVED" || e.Code == "ASK")
}

// Explain returns what an error says to the user of a command: without the names
// of packages, and with advice about what the user can set in place of what a
// programmer can.
func Explain(err error) string {
	text := err.Error()
	if e, ok := errors.AsType[*valkeystore.Error](err); ok {
		text = readvise(text, e.Error(), valkeyAdvice(e), fmt.Sprint(e.Kind))
	}
	if e, ok := errors.AsType[*dynamostore.Error](err); ok {
		text = readvise(text, e.Error(), dynamoAdvice(e), fmt.Sprint(e.Kind))
	}
	return strings.NewReplacer("dynamostore: ", "", "valkeystore: ", "", "item: ", "", "recloser: ", "", "config: ", "").Replace(text)
}

// readvise puts advice in the place of what own says after its kind, in text,
// which holds own.
func readvise(text, own, advice, kind string) string {
	at := strings.Index(own, kind)
	if advice == "" || at < 0 {
		return text
	}
	return strings.Replace(text, own, own[:at+len(kind)]+": "+advice, 1)
}

func valkeyAdvice(e *valkeystore.Error) string {
	var unknown x509.UnknownAuthorityError
	switch {
	case isOneOfCluster(e):
		return "add ?cluster=true to its URL, or cluster: true to recloser.yaml"
	case errors.Is(e, valkeystore.ErrWrongType):
		return "delete it, or choose another prefix"
	case e.Code == "NOAUTH":
		return "it wants a password; set RECLOSER_STORE_PASSWORD, or write valkey://user:password@host:6379 in RECLOSER_STORE"
	case errors.As(e, &unknown):
		return "its certificate is not trusted; name the file of its authority in SSL_CERT_FILE"
	}
	return ""
}

func dynamoAdvice(e *dynamostore.Error) string {
	switch {
	case errors.Is(e, dynamostore.ErrDenied):
		return fmt.Sprintf("allow dynamodb:%s on the table", e.Operation)
	case errors.Is(e, dynamostore.ErrRegion):
		return "set AWS_REGION, or add ?region= to the store's URL"
	}
	return ""
}
