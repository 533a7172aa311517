package dynamostore_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// canary is what must never be told: it stands for keys, tokens and payloads.
const canary = "CANARY"

// answers returns the URL of a server that answers everything as DynamoDB answers
// a fault.
func answers(t *testing.T, status int, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.Header().Set("X-Amzn-Requestid", "3MHQ0000")
		w.Header().Set("X-Amz-Crc32", fmt.Sprint(crc32.ChecksumIEEE([]byte(body))))
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func fault(name, message string) string {
	return fmt.Sprintf(`{"__type":"com.amazon.coral.service#%s","message":%q}`, name, message)
}

// outages are the ways in which DynamoDB can fail a fleet.
func outages() map[string]struct {
	at   func(t *testing.T) string
	kind error
	opt  func(*dynamodb.Options)
} {
	type outage = struct {
		at   func(t *testing.T) string
		kind error
		opt  func(*dynamodb.Options)
	}
	said := func(kind error, status int, body string) outage {
		return outage{at: func(t *testing.T) string { t.Helper(); return answers(t, status, body) }, kind: kind}
	}
	poisoned := func(toxic string) outage {
		return outage{kind: dynamostore.ErrUnreachable, opt: anew, at: func(t *testing.T) string {
			t.Helper()
			p := testserver.NewProxy(t, server.URL(t))
			p.Poison(toxic)
			return p.URL()
		}}
	}
	at := func(kind error, url string) outage {
		return outage{kind: kind, at: func(*testing.T) string { return url }}
	}
	withoutCredentials := said(dynamostore.ErrCredentials, http.StatusOK, "{}")
	withoutCredentials.opt = func(o *dynamodb.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errors.New(canary) })
	}
	canonical := "The request signature we calculated does not match.\n\nThe Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:" + canary + "\n'"
	return map[string]outage{
		"no table":        said(dynamostore.ErrNoTable, 400, fault("ResourceNotFoundException", "Requested resource not found")),
		"other key":       said(dynamostore.ErrWrongTable, 400, fault("ValidationException", "The provided key element does not match the schema")),
		"refused":         said(nil, 400, fault("ValidationException", "Invalid UpdateExpression: "+canary)),
		"expired":         said(dynamostore.ErrCredentials, 400, fault("ExpiredTokenException", "The security token included in the request is expired")),
		"unrecognized":    said(dynamostore.ErrCredentials, 400, fault("UnrecognizedClientException", "The security token included in the request is invalid.")),
		"signature":       said(dynamostore.ErrCredentials, 400, fault("InvalidSignatureException", canonical)),
		"no credentials":  withoutCredentials,
		"denied":          said(dynamostore.ErrDenied, 400, fault("AccessDeniedException", "User: arn:aws:sts::1:"+canary+" is not authorized to perform: dynamodb:UpdateItem")),
		"throughput":      said(dynamostore.ErrThrottled, 400, fault("ProvisionedThroughputExceededException", "The level of configured provisioned throughput for the table was exceeded.")),
		"throttling":      said(dynamostore.ErrThrottled, 400, fault("ThrottlingException", "Throughput exceeds the current throughput limit for your account.")),
		"server error":    said(dynamostore.ErrUnavailable, 500, fault("InternalServerError", "The request processing has failed because of an unknown error")),
		"unavailable":     said(dynamostore.ErrUnavailable, 503, "<html>"+canary+"</html>"),
		"unknown code":    said(nil, 400, fault(`Evil\nException`, canary)),
		"no JSON":         said(dynamostore.ErrUnavailable, 200, canary),
		"redirect":        said(dynamostore.ErrUnavailable, 302, ""),
		"malformed item":  said(nil, 200, `{"Item":{"state":{"S":"`+canary+`"}},"Attributes":{"state":{"S":"`+canary+`"}}}`),
		"nobody listens":  at(dynamostore.ErrUnreachable, "http://127.0.0.1:1"),
		"no such name":    at(dynamostore.ErrUnreachable, "http://dynamodb.nowhere.invalid"),
		"loses answers":   poisoned(testserver.LosesAnswer),
		"loses questions": poisoned(testserver.LosesQuestion),
		"cuts answers":    poisoned(testserver.CutsAnswer(40)),
		"cuts questions":  poisoned(testserver.CutsQuestion(200)),
		"resets":          poisoned(testserver.Resets),
		"late":            poisoned(testserver.DelaysAnswer(400*time.Millisecond, 0)),
	}
}

// metered counts the requests that leave a client, and when they do.
type metered struct {
	dynamodb.HTTPClient
	c    *clock
	mu   sync.Mutex
	sent []time.Duration
}

func (m *metered) Do(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	m.sent = append(m.sent, m.c.mono())
	m.mu.Unlock()
	return m.HTTPClient.Do(r)
}

// TestOutages: whatever becomes of DynamoDB, no call is rejected by it, one
// operation is tried in a back-off window, its fault is told in one line that
// betrays nothing, and the circuit goes on. LAWS.md, B1.
func TestOutages(t *testing.T) {
	name := table(t)
	for what, o := range outages() {
		t.Run(what, func(t *testing.T) {
			c := newClock()
			m := &metered{c: c}
			api := client(t, o.at(t), func(options *dynamodb.Options) {
				if o.opt != nil {
					o.opt(options)
				}
				m.HTTPClient, options.HTTPClient = options.HTTPClient, m
				options.Retryer = retry.NewStandard() // The SDK's own, which repeats.
			})
			var told []error
			b := breaker(t, "payments", c, open(api, name), func(e recloser.Event) {
				if e.Kind == recloser.EventStoreFailed {
					told = append(told, e.Err)
				}
			})
			const calls, every = 3000, 20 * time.Millisecond
			for i := range calls {
				// Some fail, as calls do, and would be told to the fleet.
				var want error
				if i%10 == 9 {
					want = errors.New("declined")
				}
				if err := b.Do(t.Context(), func(context.Context) error { return want }); !errors.Is(err, want) {
					t.Fatalf("call %d: want %v, got %v", i, want, err)
				}
				c.advance(every)
			}
			if s := b.Status(); s.Rejected != 0 || s.Admitted != calls || !s.Detached {
				t.Errorf("rejected %d, admitted %d, detached %t", s.Rejected, s.Admitted, s.Detached)
			}
			for i := 1; i < len(m.sent); i++ {
				if gap := m.sent[i] - m.sent[i-1]; gap < 500*time.Millisecond {
					t.Errorf("request %d came %v after the one before", i, gap)
				}
			}
			if most := 30; len(m.sent) > most {
				t.Errorf("%d requests in a minute, and at most %d are due", len(m.sent), most)
			}
			if len(told) != 1 {
				t.Fatalf("told %d times: %v", len(told), told)
			}
			t.Logf("%d requests; %v", len(m.sent), told[0])
			checkLine(t, told[0], o.kind)
		})
	}
}

// checkLine: one line, of one kind, without a secret.
func checkLine(t *testing.T, err, kind error) {
	t.Helper()
	text := err.Error()
	for _, secret := range []string{canary, "secret", "session"} {
		if strings.Contains(text, secret) {
			t.Errorf("it tells %q: %s", secret, text)
		}
	}
	if strings.ContainsAny(text, "\n\r") || len(text) > 400 || !strings.HasPrefix(text, "dynamostore: ") {
		t.Errorf("it is no short line: %q", text)
	}
	for _, k := range []error{
		dynamostore.ErrNoTable, dynamostore.ErrWrongTable, dynamostore.ErrCredentials, dynamostore.ErrDenied, dynamostore.ErrThrottled,
		dynamostore.ErrRegion, dynamostore.ErrUnreachable, dynamostore.ErrUnavailable,
	} {
		if want := kind != nil && errors.Is(kind, k); errors.Is(err, k) != want {
			t.Errorf("it matches %q: %t; want %v", k, errors.Is(err, k), kind)
		}
	}
}

// TestUnfitTables: DynamoDB's own words for a table that is missing, and for one
// of another kind.
func TestUnfitTables(t *testing.T) {
	c := client(t, server.URL(t))
	other := otherTable(t, c)
	for name, kind := range map[string]error{"missing": dynamostore.ErrNoTable, other: dynamostore.ErrWrongTable} {
		s := open(c, name)
		_, err := s.Load(t.Context(), "payments")
		t.Log(err)
		checkLine(t, err, kind)
		_, err = s.Apply(t.Context(), "payments", recloser.Watch{At: 1, Share: 1})
		t.Log(err)
		checkLine(t, err, kind)
	}
	_, err := open(c, "missing").Keys(t.Context(), "", 1)
	checkLine(t, err, dynamostore.ErrNoTable)
}

// TestSlowAnswer: an answer whose end comes later than its beginning is an answer,
// and one whose end does not come is none in time.
func TestSlowAnswer(t *testing.T) {
	for range 50 { // The SDK races with net/http here; see detached.
		s := halves(t, nil)
		r, err := open(client(t, s), "recloser").Load(t.Context(), "payments")
		if err != nil || r != (recloser.Record{}) {
			t.Fatalf("got error %v and %+v", err, r)
		}
	}
	never := make(chan struct{})
	defer close(never)
	s := halves(t, never)
	for range 10 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := open(client(t, s), "recloser").Load(ctx, "payments")
		cancel()
		checkLine(t, err, dynamostore.ErrUnreachable)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("it does not match context.DeadlineExceeded: %v", err)
		}
	}
}

// halves returns the URL of a server that answers in two parts: the first while
// the question is still on its way, the second when it may.
func halves(t *testing.T, may <-chan struct{}) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		open.Wait()
	})
	open.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer conn.Close()
				question := make([]byte, 1<<16)
				_, _ = conn.Read(question)
				_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{\"Item\":"))
				if may != nil {
					<-may
				}
				_, _ = conn.Write([]byte("{}}"))
				_, _ = conn.Read(question) // Until the client has gone.
			})
		}
	})
	return "http://" + l.Addr().String()
}
