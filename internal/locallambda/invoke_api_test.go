//go:build unix

package locallambda_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/recloser-dev/recloser/internal/locallambda"
)

// serve serves the Invoke API of functions, and returns AWS's client of it.
func serve(t *testing.T, functions ...*locallambda.Function) (url string, client *lambda.Client) {
	t.Helper()
	server := httptest.NewServer(locallambda.Handler(functions...))
	t.Cleanup(server.Close)
	httpClient := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return server.URL, lambda.New(lambda.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), HTTPClient: httpClient, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
	})
}

func TestInvokeAPI(t *testing.T) {
	f := start(t, "obey")
	_, client := serve(t, f)
	for _, name := range []string{"obey", "obey:$LATEST", "arn:aws:lambda:us-east-1:123456789012:function:obey", "123456789012:function:obey"} {
		out, err := client.Invoke(bounded(t), &lambda.InvokeInput{FunctionName: aws.String(name), Payload: []byte(`{"say":"good morning"}`), LogType: types.LogTypeTail})
		if err != nil {
			t.Fatal(err)
		}
		log, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
		if err != nil || out.StatusCode != 200 || out.FunctionError != nil || aws.ToString(out.ExecutedVersion) != "$LATEST" ||
			decode(out.Payload).PID == 0 || !strings.Contains(string(log), "good morning\nEND RequestId: ") {
			t.Errorf("%s: %+v, %s, %v", name, out, log, err)
		}
	}
	out, err := client.Invoke(bounded(t), &lambda.InvokeInput{FunctionName: aws.String("obey"), Payload: []byte(`{"do":"fail"}`)})
	if err != nil || out.StatusCode != 200 || aws.ToString(out.FunctionError) != "Unhandled" || out.LogResult != nil ||
		string(out.Payload) != `{"errorMessage":"the order is refused","errorType":"errorString"}` {
		t.Errorf("%+v, %s, %v", out, out.Payload, err)
	}
	out, err = client.Invoke(bounded(t), &lambda.InvokeInput{FunctionName: aws.String("obey"), InvocationType: types.InvocationTypeDryRun})
	if err != nil || out.StatusCode != 204 {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestInvokeAPIOfEvents(t *testing.T) {
	success := new(inbox)
	f := start(t, "obey", func(o *locallambda.Options) { o.Async.OnSuccess = success.take })
	_, client := serve(t, f)
	out, err := client.Invoke(bounded(t), &lambda.InvokeInput{FunctionName: aws.String("obey"), InvocationType: types.InvocationTypeEvent})
	if err != nil || out.StatusCode != 202 || len(out.Payload) > 0 {
		t.Errorf("%+v, %v", out, err)
	}
	done(t, f)
	if len(success.records) != 1 || !strings.Contains(success.records[0], `"requestPayload":{}`) {
		t.Errorf("the records are %v", success.records)
	}
}

// What a client of AWS makes of the errors.
func TestInvokeAPIErrors(t *testing.T) {
	f := start(t, "obey", func(o *locallambda.Options) { o.MaxEnvironments = 1 })
	url, client := serve(t, f)
	call := func(name, payload string, kind types.InvocationType) error {
		_, err := client.Invoke(bounded(t), &lambda.InvokeInput{FunctionName: aws.String(name), Payload: []byte(payload), InvocationType: kind})
		return err
	}
	if missing := new(types.ResourceNotFoundException); !errors.As(call("nobody", `{}`, ""), &missing) || aws.ToString(missing.Message) == "" {
		t.Errorf("the error of a function that is not there is %+v", missing)
	}
	if missing := new(types.ResourceNotFoundException); !errors.As(call("obey:7", `{}`, ""), &missing) {
		t.Error("a version that is not there is invoked")
	}
	if wrong := new(types.InvalidRequestContentException); !errors.As(call("obey", `{`, ""), &wrong) {
		t.Error("what is no JSON is taken")
	}
	for kind, size := range map[types.InvocationType]int{types.InvocationTypeRequestResponse: 6 << 20, types.InvocationTypeEvent: 1 << 20} {
		if large := new(types.RequestTooLargeException); !errors.As(call("obey", `"`+strings.Repeat("x", size)+`"`, kind), &large) {
			t.Errorf("%d bytes are taken as %s", size, kind)
		}
	}
	if wrong := new(types.InvalidParameterValueException); !errors.As(call("obey", `{}`, "Perhaps"), &wrong) {
		t.Error("an unknown type of invocation is taken")
	}

	held := filepath.Join(t.TempDir(), "held")
	ended := make(chan error)
	go func() { ended <- call("obey", `{"do":"wait","touch":"`+held+`"}`, "") }()
	await(t, func() bool { _, err := os.Stat(held); return err == nil })
	throttled := new(types.TooManyRequestsException)
	if !errors.As(call("obey", `{}`, ""), &throttled) || throttled.Reason != types.ThrottleReasonConcurrentInvocationLimitExceeded {
		t.Errorf("the error when all is busy is %+v", throttled)
	}
	if err := os.Remove(held); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}

	// As curl does it.
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Post(
		url+"/2015-03-31/functions/nobody/invocations", "", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 404 || response.Header.Get("X-Amzn-Errortype") != "ResourceNotFoundException" ||
		string(body) != `{"Type":"User","message":"Function not found: nobody"}` {
		t.Errorf("%s %s, %v", response.Status, body, err)
	}
}
