package dynamostore

import (
	"bytes"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// detached sends requests with bodies of their own. The SDK takes back the body it
// has given as soon as there is an answer, and net/http, which may still be
// looking for its end, then finds it broken and cuts the connection under an
// answer that is only half read. A write that was made would be of unknown
// outcome, for nothing.
//
// A body that can be had again lets net/http send a request of which nothing had
// left yet, when a connection was found dead, by another one. It repeats no POST
// otherwise.
type detached struct{ dynamodb.HTTPClient }

// Do implements [dynamodb.HTTPClient].
func (d detached) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return d.HTTPClient.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.WithContext(r.Context()) // A shallow copy.
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, err = r.GetBody()
	if err != nil {
		return nil, err
	}
	return d.HTTPClient.Do(r)
}

func detach(o *dynamodb.Options) { o.HTTPClient = detached{o.HTTPClient} }
