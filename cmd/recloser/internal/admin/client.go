package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// ErrNoServer is matched by the error of a client that finds no dev server.
var ErrNoServer = errors.New("no dev server is running")

const (
	healthTimeout  = 2 * time.Second
	requestTimeout = 5 * time.Second
	largestAnswer  = 16 << 20
)

// Client asks a dev server.
type Client struct {
	where Whereabouts
	http  *http.Client
}

// Connect returns a client of the latest server that left word in dir and still
// answers, or of the one at address if that is not empty. If there is none, the
// error matches [ErrNoServer].
func Connect(ctx context.Context, dir, address string) (*Client, error) {
	found, err := Find(dir)
	if err != nil {
		return nil, err
	}
	for _, where := range found {
		if address != "" && where.Address != address {
			continue
		}
		c := &Client{where: where, http: &http.Client{
			Transport:     &http.Transport{Proxy: nil, MaxIdleConnsPerHost: 1},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}}
		if c.get(ctx, healthTimeout, "/health", new(map[string]any)) == nil {
			return c, nil
		}
		c.Close()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	if address != "" {
		return nil, fmt.Errorf("%w at %.80s", ErrNoServer, address)
	}
	return nil, ErrNoServer
}

// Close gives the client's connections back.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Address returns the host and port of the server.
func (c *Client) Address() string { return c.where.Address }

// Circuits returns all circuits by name.
func (c *Client) Circuits(ctx context.Context) (CircuitList, error) {
	var list CircuitList
	err := c.get(ctx, requestTimeout, "/v1/circuits", &list)
	return list, err
}

// Describe returns everything about one circuit.
func (c *Client) Describe(ctx context.Context, key string) (CircuitDescription, error) {
	var d CircuitDescription
	err := c.get(ctx, requestTimeout, "/v1/circuit?key="+url.QueryEscape(key), &d)
	return d, err
}

// Events returns up to limit events after the given sequence number, the newest
// if there are more, and waits up to wait for the first.
func (c *Client) Events(ctx context.Context, after uint64, limit int, wait time.Duration) (EventList, error) {
	query := url.Values{
		"after": {strconv.FormatUint(after, 10)},
		"limit": {strconv.Itoa(limit)},
		"wait":  {wait.String()},
	}
	var list EventList
	err := c.get(ctx, requestTimeout+wait, "/v1/events?"+query.Encode(), &list)
	return list, err
}

// Override forces a circuit open or closed.
func (c *Client) Override(ctx context.Context, o Order) (CircuitDescription, error) {
	return c.post(ctx, "/v1/override", o)
}

// Reset takes an override back and closes the circuit.
func (c *Client) Reset(ctx context.Context, o Order) (CircuitDescription, error) {
	return c.post(ctx, "/v1/reset", o)
}

func (c *Client) get(ctx context.Context, timeout time.Duration, path string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return c.do(ctx, http.MethodGet, path, nil, answer)
}

func (c *Client) post(ctx context.Context, path string, body any) (CircuitDescription, error) {
	var d CircuitDescription
	text, err := json.Marshal(body)
	if err != nil {
		return d, fmt.Errorf("write the request: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	err = c.do(ctx, http.MethodPost, path, text, &d)
	return d, err
}

func (c *Client) do(ctx context.Context, method, path string, body []byte, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+c.where.Address+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the dev server: %w", err)
	}
	request.Header.Set(TokenHeader, c.where.Token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return c.lost(ctx)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer))
	if err != nil {
		return c.lost(ctx)
	}
	if response.StatusCode != http.StatusOK {
		return refusal(response, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("the dev server at %s answered something unexpected: %w", c.where.Address, err)
	}
	return nil
}

// lost returns the error of a server that does not answer, unless it is the
// caller who gave up.
func (c *Client) lost(ctx context.Context) error {
	if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) {
		return cause
	}
	return fmt.Errorf("%w at %s any more", ErrNoServer, c.where.Address)
}

func refusal(response *http.Response, text []byte) error {
	if response.StatusCode == http.StatusUnauthorized {
		return &StatusError{response.StatusCode, "the dev server refused the token; start it again"}
	}
	var problem Problem
	if err := json.Unmarshal(text, &problem); err != nil || problem.Detail == "" {
		return &StatusError{response.StatusCode, "the dev server answered " + response.Status}
	}
	return &StatusError{response.StatusCode, problem.Detail}
}
