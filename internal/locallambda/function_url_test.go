//go:build unix

package locallambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/recloser-dev/recloser/internal/locallambda"
)

// echo answers an HTTP request as its path says.
func echo(_ context.Context, request json.RawMessage) (any, error) {
	var event events.LambdaFunctionURLRequest
	if err := json.Unmarshal(request, &event); err != nil {
		return nil, err
	}
	switch event.RawPath {
	case "/text":
		return "good morning", nil
	case "/object":
		return map[string]string{"good": "morning"}, nil
	case "/unavailable":
		return events.LambdaFunctionURLResponse{
			StatusCode: 503, Headers: map[string]string{"Content-Type": "text/plain", "Retry-After": "7"}, Cookies: []string{"a=1", "b=2"}, Body: "come back later",
		}, nil
	case "/binary":
		return events.LambdaFunctionURLResponse{StatusCode: 200, Body: "AAEC", IsBase64Encoded: true}, nil
	case "/malformed":
		return json.RawMessage(`{"statusCode":"a number"}`), nil
	case "/fail":
		return nil, errRefused
	case "/slow":
		return slowly(), nil
	case "/broken":
		body := io.MultiReader(strings.NewReader("first "), &failing{})
		return &events.LambdaFunctionURLStreamingResponse{Body: body}, nil
	case "/endless":
		return &events.LambdaFunctionURLStreamingResponse{Body: endless{}}, nil
	}
	return events.LambdaFunctionURLResponse{StatusCode: 200, Body: string(request)}, nil
}

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, errRefused }

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	return copy(b, "again "), nil
}

// slowly streams a line, and the next when the first has been read and asked for.
func slowly() *events.LambdaFunctionURLStreamingResponse {
	reader, writer := io.Pipe()
	go func() {
		_, _ = io.WriteString(writer, "first\n")
		<-time.After(300 * time.Millisecond)
		_, _ = io.WriteString(writer, "second\n")
		_ = writer.Close()
	}()
	return &events.LambdaFunctionURLStreamingResponse{StatusCode: 201, Headers: map[string]string{"Content-Type": "text/plain"}, Body: reader}
}

func serveURL(t *testing.T, optFns ...func(*locallambda.Options)) (url string, f *locallambda.Function, client *http.Client) {
	t.Helper()
	f = start(t, "echo", optFns...)
	server := httptest.NewServer(f.URL())
	t.Cleanup(server.Close)
	return server.URL, f, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

// page is what a client got.
type page struct {
	code   int
	header http.Header
	body   string
}

func get(t *testing.T, client *http.Client, request *http.Request) page {
	t.Helper()
	response, err := client.Do(request.WithContext(bounded(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{response.StatusCode, response.Header, string(text)}
}

func TestFunctionURL(t *testing.T) {
	url, _, client := serveURL(t)
	for _, row := range []struct {
		path              string
		code              int
		contentType, body string
	}{
		{"/text", 200, "application/json", "good morning"},
		{"/object", 200, "application/json", `{"good":"morning"}`},
		{"/unavailable", 503, "text/plain", "come back later"},
		{"/binary", 200, "application/json", "\x00\x01\x02"},
		{"/malformed", 502, "application/json", "Internal Server Error"},
		{"/fail", 502, "application/json", "Internal Server Error"},
	} {
		request, err := http.NewRequest("GET", url+row.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := get(t, client, request)
		if got.code != row.code || got.body != row.body || got.header.Get("Content-Type") != row.contentType || got.header.Get("X-Amzn-Requestid") == "" {
			t.Errorf("%s is answered by %+v", row.path, got)
		}
		if row.path == "/unavailable" && (got.header.Get("Retry-After") != "7" || fmt.Sprint(got.header["Set-Cookie"]) != "[a=1 b=2]") {
			t.Errorf("the headers of %s are %v", row.path, got.header)
		}
	}
}

// The event is that of AWS's documentation, for a request like the one there.
func TestFunctionURLEvent(t *testing.T) {
	url, _, client := serveURL(t)
	host := strings.TrimPrefix(url, "http://")
	request, err := http.NewRequest("POST", url+"/my/path%20x?parameter1=value1&parameter1=value2&parameter2=value", strings.NewReader(`{"hello":"there"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{
		"Content-Type": {"application/json"}, "Header1": {"value1"}, "Header2": {"value1", "value2"}, "Cookie": {"cookie1=a; cookie2=b"}, "User-Agent": {"agent"},
		"Accept-Encoding": {"identity"},
	}
	body := get(t, client, request).body
	for _, row := range []struct{ old, with string }{{host, "<host>"}, {`"domainPrefix":"127"`, `"domainPrefix":"<host>"`}} {
		body = strings.ReplaceAll(body, row.old, row.with)
	}
	golden(t, "function_url.txt", normal(body)+"\n")

	request, err = http.NewRequest("POST", url, strings.NewReader("\x00\x01"))
	if err != nil {
		t.Fatal(err)
	}
	if body := get(t, client, request).body; !strings.Contains(body, `"body":"AAE=","isBase64Encoded":true`) {
		t.Errorf("the event is %s", body)
	}
}

// A streamed response reaches the client as it comes, and one that fails in the
// middle is not taken for a whole one.
func TestFunctionURLStreams(t *testing.T) {
	url, f, client := serveURL(t)
	request, err := http.NewRequestWithContext(bounded(t), "GET", url+"/slow", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	line := make([]byte, len("first\n"))
	if _, err := io.ReadFull(response.Body, line); err != nil || string(line) != "first\n" || response.StatusCode != 201 {
		t.Errorf("%s, %q, %v", response.Status, line, err)
	}
	if all := f.Environments(); all[0].InFlight != 1 {
		t.Errorf("when the first line is there the environments are %+v", all)
	}
	rest, err := io.ReadAll(response.Body)
	if err != nil || string(rest) != "second\n" {
		t.Errorf("the rest is %q, %v", rest, err)
	}
	settled(t, f)

	request.URL.Path = "/broken"
	broken, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer broken.Body.Close()
	if text, err := io.ReadAll(broken.Body); !errors.Is(err, io.ErrUnexpectedEOF) || string(text) != "first " {
		t.Errorf("a broken stream is %q, %v", text, err)
	}
}

// A timeout in the middle of a stream, and a client who hangs up.
func TestFunctionURLIsCutShort(t *testing.T) {
	t.Parallel()
	url, f, client := serveURL(t, func(o *locallambda.Options) { o.Timeout = 2 * time.Second })
	ctx, cancel := context.WithCancel(bounded(t))
	defer cancel()
	for _, hangUp := range []bool{false, true} {
		request, err := http.NewRequestWithContext(ctx, "GET", url+"/endless", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if hangUp {
			cancel()
		}
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if err == nil {
			t.Error("a stream that was cut short looks whole")
		}
		settled(t, f)
	}
	f.ReserveConcurrency(0)
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, client, request); got.code != 429 {
		t.Errorf("when the function is stopped the answer is %+v", got)
	}
}
