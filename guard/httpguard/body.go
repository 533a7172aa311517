package httpguard

import "io"

// Read implements [io.Reader] for the body of the response.
func (c *call) Read(p []byte) (int, error) {
	n, err := c.body.Read(p)
	if err == nil {
		return n, nil
	}
	if err == io.EOF { //nolint:errorlint // A reader returns io.EOF itself.
		c.permit.Success()
	} else {
		err = c.fail(err)
	}
	c.release()
	return n, err
}

// Close implements [io.Closer] for the body of the response. To close it early
// is the caller's right, and no failure.
func (c *call) Close() error {
	c.permit.Success()
	err := c.body.Close()
	c.release()
	return err
}

// connection is the body of a response that has become a connection: both sides
// write to it.
type connection struct {
	io.ReadWriteCloser
	call *call
}

// Close implements [io.Closer].
func (c *connection) Close() error {
	err := c.ReadWriteCloser.Close()
	c.call.release()
	return err
}
