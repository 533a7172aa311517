package httpguard

import (
	"io"
	"net/http"
	"sync/atomic"
)

// upload is the body of a request, watched for what is the caller's own doing.
type upload struct {
	io.ReadCloser
	length  int64 // what the request announces, if positive
	read    int64
	waiting atomic.Bool // whether the caller is being waited for
	closed  atomic.Bool
	broken  atomic.Bool // whether the caller's body failed, or was not as long as announced
}

// uploadOf returns the body of r as an upload, or nil if there is nothing to
// watch. A body that can be had again is in memory: it neither fails nor waits,
// and net/http sends it better if it knows its type.
func uploadOf(r *http.Request) *upload {
	if r.Body == nil || r.Body == http.NoBody || r.GetBody != nil {
		return nil
	}
	return &upload{ReadCloser: r.Body, length: r.ContentLength}
}

// Read implements [io.Reader].
func (u *upload) Read(p []byte) (int, error) {
	u.waiting.Store(true)
	n, err := u.ReadCloser.Read(p)
	u.waiting.Store(false)
	u.read += int64(n)
	switch {
	case err == nil, u.closed.Load():
		// What fails after the base has closed it fails for that.
	case err != io.EOF, u.length > 0 && u.read != u.length:
		u.broken.Store(true)
	}
	return n, err
}

// Close implements [io.Closer]. Only the first call closes the caller's body.
func (u *upload) Close() error {
	if u.closed.Swap(true) {
		return nil
	}
	return u.ReadCloser.Close()
}
