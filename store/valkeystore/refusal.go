package valkeystore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"

	"github.com/redis/go-redis/v9"
)

// refusal is what a server says first of a fault, and what is to be done.
type refusal struct {
	code   string
	kind   error
	advice string
}

func refusals() []refusal {
	return []refusal{
		{"WRONGPASS", ErrCredentials, "user or password is wrong, or has expired"},
		{"NOAUTH", ErrCredentials, "the server wants a user and password; put them in the URL, or give OpenOptions.Credentials"},
		{"NOPERM", ErrDenied, "allow the commands and keys that the package's documentation lists"},
		{"READONLY", ErrReadOnly, "name the primary, or use the endpoint that follows it"},
		{"OOM", ErrMemory, "raise its maxmemory, or give the records a server of their own"},
		{"WRONGTYPE", ErrWrongType, "delete it, or choose another Options.Prefix"},
		{"MOVED", ErrCluster, "the server is one of a cluster; set OpenOptions.Cluster"},
		{"ASK", ErrCluster, "the server is one of a cluster; set OpenOptions.Cluster"},
		{"CROSSSLOT", ErrCluster, "something between does not keep a key whole"},
		{"CLUSTERDOWN", ErrCluster, "the cluster has lost servers; it will be asked again"},
		{"TRYAGAIN", ErrCluster, "the cluster is moving the record; it will be asked again"},
		{"MASTERDOWN", ErrUnavailable, "the replica has lost its primary"},
		{"LOADING", ErrUnavailable, "it is reading its data; it will be asked again"},
		{"BUSY", ErrUnavailable, "somebody's script does not end; SCRIPT KILL ends it"},
		{"MISCONF", ErrUnavailable, "it cannot save its data, and so takes no writes; look at its log"},
		{"NOREPLICAS", ErrUnavailable, "too few replicas follow it to take writes"},
	}
}

// refused reads the server's words. Servers before Redis 7 put those of a
// command in a script after words about the script.
func refused(words string) (code, advice string, kind error) {
	for _, row := range refusals() {
		if strings.HasPrefix(words, row.code+" ") || strings.Contains(words, " -"+row.code+" ") ||
			strings.HasPrefix(words, "ERR ") && strings.Contains(words, ": "+row.code+" ") {
			return row.code, row.advice, row.kind
		}
	}
	switch {
	case strings.Contains(words, "ACL failure in script"):
		return "ERR", "allow the commands and keys that the package's documentation lists", ErrDenied
	case strings.HasPrefix(words, "ERR This instance has cluster support disabled"):
		return "ERR", "the server is none of a cluster; leave OpenOptions.Cluster out", ErrCluster
	case strings.HasPrefix(words, "ERR max number of clients"):
		return "ERR", "it has no connection left; raise its maxclients, or lower OpenOptions.Connections", ErrUnavailable
	case strings.HasPrefix(words, "ERR invalid password"), strings.HasPrefix(words, "ERR AUTH"), strings.HasPrefix(words, "ERR Client sent AUTH"):
		return "ERR", "the server does not take this user and password", ErrCredentials
	case strings.HasPrefix(words, "ERR DB index is out of range"):
		return "ERR", "there is no such database; look at the path of the URL", nil
	case strings.HasPrefix(words, "ERR unknown command"):
		return "ERR", "the server does not know a command; it must be Valkey, or Redis 5 or later", ErrUnavailable
	}
	code, _, _ = strings.Cut(words, " ")
	if len(code) > 16 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		code = "" // It is not a name of a fault, and may be anything.
	}
	return code, "it does not accept the operation", ErrUnavailable
}

// unanswered says why there is no answer that could be read.
func unanswered(err error) (advice string, kind error) {
	var (
		op       *net.OpError
		system   *os.SyscallError
		dial     *dialError
		name     *net.DNSError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		timeout  net.Error
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "the caller has gone", nil
	case errors.Is(err, errProvider):
		return "OpenOptions.Credentials has none", ErrCredentials
	case errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, redis.ErrPoolExhausted):
		return "every connection is in use; raise OpenOptions.Connections", ErrUnreachable
	case errors.Is(err, redis.ErrClosed):
		return "the store is closed", ErrUnreachable
	case errors.As(err, &name):
		return "no address for " + word(name.Name), ErrUnreachable
	case errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &invalid):
		return "its certificate is not trusted; look at OpenOptions.TLS", ErrUnreachable
	case errors.As(err, &record):
		return "it does not speak TLS; write valkey or redis in place of valkeys or rediss", ErrUnreachable
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "there was no answer in time", ErrUnreachable
	case errors.As(err, &dial), errors.As(err, &op) && op.Op == "dial":
		return "no connection can be made; is it running, and may it be reached from here?", ErrUnreachable
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &op), errors.As(err, &system):
		return "the connection broke", errBroken
	}
	return "the connection cannot be used", ErrUnreachable
}

// word returns the letters, digits and dots of a name from outside.
func word(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune("._-", r) {
			return r
		}
		return -1
	}, s[:min(len(s), 100)])
}
