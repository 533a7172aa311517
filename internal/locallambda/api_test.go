//go:build unix

package locallambda_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/internal/locallambda"
)

// ask makes a request to the APIs of an environment as one of its processes would.
func ask(t *testing.T, e locallambda.Environment, method, path, body string, header ...string) (status int, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(bounded(t), method, "http://"+e.Address+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, normal(string(text))
}

const unknownID = "00000000-0000-4000-8000-000000000000"

// What the APIs refuse, with the errors of AWS's emulator.
func TestRefusals(t *testing.T) {
	f := start(t, "obey")
	invoke(t, f, `{}`)
	e := settled(t, f)[0]
	const runtime, extension = "/2018-06-01/runtime/", "/2020-01-01/extension/"
	for _, row := range []struct {
		method, path, body string
		header             []string
		status             int
		want               string
	}{
		{"POST", runtime + "invocation/" + unknownID + "/response", `{}`, nil, 400, `{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`},
		{"POST", runtime + "invocation/" + unknownID + "/error", `{}`, nil, 400, `{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`},
		{
			"POST", runtime + "init/error", `{}`, nil, 403,
			`{"errorMessage":"State transition from Ready to InitError failed for runtime. Error: State transition is not allowed","errorType":"InvalidStateTransition"}`,
		},
		{"POST", extension + "register", `{}`, nil, 403, `{"errorMessage":"Empty extension name","errorType":"Extension.InvalidExtensionName"}`},
		{"POST", extension + "register", `{`, []string{"Lambda-Extension-Name", "x"}, 403, `{"errorMessage":"unexpected end of JSON input","errorType":"InvalidRequestFormat"}`},
		{
			"POST", extension + "register", `{"events":["SHUTDOWN"]}`,
			[]string{"Lambda-Extension-Name", "x"},
			403,
			`{"errorMessage":"SHUTDOWN: ErrorInvalidEventType","errorType":"Extension.InvalidEventType"}`,
		},
		{
			"POST", extension + "register", `{"events":["INVOKE"]}`,
			[]string{"Lambda-Extension-Name", "x"},
			403,
			`{"errorMessage":"Extension registration closed already","errorType":"Extension.RegistrationClosed"}`,
		},
		{"GET", extension + "event/next", ``, nil, 403, `{"errorMessage":"Missing Lambda-Extension-Identifier header","errorType":"Extension.MissingExtensionIdentifier"}`},
		{
			"GET", extension + "event/next", ``,
			[]string{"Lambda-Extension-Identifier", "x"},
			403,
			`{"errorMessage":"Invalid Lambda-Extension-Identifier","errorType":"Extension.InvalidExtensionIdentifier"}`,
		},
		{
			"GET", extension + "event/next", ``,
			[]string{"Lambda-Extension-Identifier", unknownID},
			403,
			`{"errorMessage":"Unknown extension <uuid>","errorType":"Extension.UnknownExtensionIdentifier"}`,
		},
		{
			"POST", extension + "exit/error", ``,
			[]string{"Lambda-Extension-Identifier", unknownID},
			403,
			`{"errorMessage":"Unknown extension <uuid>","errorType":"Extension.UnknownExtensionIdentifier"}`,
		},
		{
			"PUT", "/2022-07-01/telemetry", `{}`,
			[]string{"Lambda-Extension-Identifier", unknownID},
			403,
			`{"errorMessage":"Unknown extension <uuid>","errorType":"Extension.UnknownExtensionIdentifier"}`,
		},
	} {
		status, answer := ask(t, e, row.method, row.path, row.body, row.header...)
		if status != row.status || answer != row.want {
			t.Errorf("%s %s %s is answered by %d %s, want %d %s", row.method, row.path, row.body, status, answer, row.status, row.want)
		}
	}
}
