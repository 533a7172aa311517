package dynamostore

import (
	"context"
	"net"
	"net/http"
	"time"
)

// NewHTTPClientAt is [NewHTTPClient] by another clock, and tells of each
// connection.
func NewHTTPClientAt(now func() time.Time, dialled func()) *http.Client {
	client := NewHTTPClient()
	c := client.Transport.(*connections)
	c.now = now
	dial := c.transport.DialContext
	c.transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled()
		return dial(ctx, network, address)
	}
	return client
}
