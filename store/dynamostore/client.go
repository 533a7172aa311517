package dynamostore

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// NewClient returns a client with what Lambda puts in the environment: the
// region of AWS_REGION or AWS_DEFAULT_REGION, the credentials of
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and the endpoint
// of AWS_ENDPOINT_URL_DYNAMODB or AWS_ENDPOINT_URL, if there is one. It does no
// I/O, reads no files, and repeats nothing; optFns may change any of it.
//
// It is there for the cold start: the SDK's config package, which also knows
// profiles, single sign-on and roles, adds 0.6 ms and 2.7 MB to a function. Where
// those are needed, use it: [New] takes any client.
//
// The error matches [ErrRegion].
func NewClient(optFns ...func(*dynamodb.Options)) (*dynamodb.Client, error) {
	o := dynamodb.Options{
		Region:      cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
		Credentials: environment{},
		HTTPClient:  NewHTTPClient(),
		Retryer:     aws.NopRetryer{},
	}
	if endpoint := cmp.Or(os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"), os.Getenv("AWS_ENDPOINT_URL")); endpoint != "" {
		o.BaseEndpoint = &endpoint
	}
	client := dynamodb.New(o, optFns...)
	if client.Options().Region == "" {
		return nil, fmt.Errorf("%w; set AWS_REGION", ErrRegion)
	}
	return client, nil
}

// environment is the credentials of the process, as Lambda hands them out.
type environment struct{}

// Retrieve implements [aws.CredentialsProvider].
func (environment) Retrieve(context.Context) (aws.Credentials, error) {
	c := aws.Credentials{
		AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
		SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken:    os.Getenv("AWS_SESSION_TOKEN"),
		Source:          "environment",
	}
	if c.AccessKeyID == "" || c.SecretAccessKey == "" {
		return aws.Credentials{}, fmt.Errorf("%w: AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set", ErrCredentials)
	}
	return c, nil
}

// thawedAfter is how long connections may have been out of use, by the wall
// clock, before they are taken to be dead.
const thawedAfter = time.Minute

// NewHTTPClient returns a client of HTTP with short limits. What a freeze has
// left of its connections it closes before the first request after it: the
// monotonic clock, by which net/http would close them, stood still meanwhile,
// and the other end may be gone without a word.
func NewHTTPClient() *http.Client {
	dialer := &net.Dialer{Timeout: time.Second, KeepAlive: 15 * time.Second}
	return &http.Client{
		Transport: &connections{now: wallClock, transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         dialer.DialContext,
			ForceAttemptHTTP2:   true,
			MaxIdleConns:        64,
			MaxIdleConnsPerHost: 16,
			IdleConnTimeout:     thawedAfter,
			TLSHandshakeTimeout: 2 * time.Second,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// connections are the connections of one client.
type connections struct {
	transport *http.Transport
	now       func() time.Time

	mu   sync.Mutex
	last time.Time
}

// RoundTrip implements [http.RoundTripper].
func (c *connections) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.thawed() {
		c.transport.CloseIdleConnections()
	}
	return c.transport.RoundTrip(r)
}

// CloseIdleConnections closes the connections that nobody uses.
func (c *connections) CloseIdleConnections() { c.transport.CloseIdleConnections() }

// thawed reports whether nothing was asked for long, and notes that something is.
func (c *connections) thawed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	gap := now.Sub(c.last).Abs() // A clock that was set back says nothing good either.
	c.last = now
	return gap > thawedAfter
}
