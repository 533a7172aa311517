//go:build unix

package locallambda_test

import (
	"encoding/json"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/locallambda"
)

const subscription = `{"schemaVersion":"2022-12-13","types":["platform","function"],"buffering":{"maxItems":1000,"maxBytes":262144,"timeoutMs":25},"destination":{"protocol":"HTTP","URI":"http://sandbox.localdomain:PORT"}}`

// received are the events of telemetry in a journal, a line each, in order, without
// what is different each time.
func received(t *testing.T, journal []string) []string {
	t.Helper()
	var all []string
	for _, event := range delivered(t, journal) {
		all = append(all, normal(string(event)))
	}
	return all
}

func delivered(t *testing.T, journal []string) []json.RawMessage {
	t.Helper()
	var all []json.RawMessage
	for _, line := range journal {
		text, found := strings.CutPrefix(line, "telemetry [")
		if !found {
			continue
		}
		var batch []json.RawMessage
		if err := json.Unmarshal([]byte("["+text), &batch); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, batch...)
	}
	return all
}

// What a subscriber gets of an environment's life: the init phase that began before
// it could subscribe, a success, an error of the function, and its end.
func TestTelemetry(t *testing.T) {
	option, told := extended(t, conduct{Events: everything, Telemetry: subscription})
	f := start(t, "obey", option)
	first := invoke(t, f, `{"say":"good morning"}`)
	if result, err := f.InvokeRequest(bounded(t), locallambda.Request{
		Payload: []byte(`{"do":"fail"}`), TraceID: "Root=1-62e900b2-710d76f009d6e7785905449a;Parent=0efbd19962d95b05;Sampled=1",
	}); err != nil || result.FunctionError == "" {
		t.Fatalf("%+v, %v", result, err)
	}
	settled(t, f)
	if err := f.SpinDown(bounded(t), first.Environment); err != nil {
		t.Fatal(err)
	}
	golden(t, "telemetry.txt", strings.Join(received(t, told()), "\n")+"\n")
}

func TestTelemetryOfFailures(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		do, want string
		timeout  time.Duration
	}{
		{"hang", `"status":"timeout"`, 2 * time.Second},
		{"exit", `"status":"error","errorType":"Runtime.ExitError"`, limit},
	} {
		option, told := extended(t, conduct{Events: everything, Telemetry: subscription})
		f := start(t, "obey", option, func(o *locallambda.Options) { o.Timeout = row.timeout })
		result := invoke(t, f, `{"do":"`+row.do+`"}`)
		settled(t, f)
		all := received(t, told())
		for _, event := range []string{"platform.runtimeDone", "platform.report"} {
			at := slices.IndexFunc(all, func(e string) bool { return strings.Contains(e, `"type":"`+event+`"`) })
			if at < 0 || !strings.Contains(all[at], `"record":{"requestId":"<uuid>",`+row.want) {
				t.Errorf("%s of %s: no %s with %s in\n%s", event, result.Payload, event, row.want, strings.Join(all, "\n"))
			}
		}
	}
}

// Telemetry of an init phase that fails is delivered before the extension goes.
func TestTelemetryOfAFailedInit(t *testing.T) {
	option, told := extended(t, conduct{Events: everything, Telemetry: subscription})
	f := start(t, "late", option)
	invoke(t, f, `{}`)
	settled(t, f)
	all := strings.Join(received(t, told()), "\n")
	for _, phase := range []string{"init", "invoke"} {
		want := `"type":"platform.initReport","record":{"initializationType":"on-demand","phase":"` + phase + `","status":"error","errorType":"Runtime.ExitError",`
		if !strings.Contains(all, want) {
			t.Errorf("no %s in\n%s", want, all)
		}
	}
}

func TestSubscriptionsThatAreRefused(t *testing.T) {
	for _, row := range []struct{ old, new, want string }{
		{"2022-12-13", "2021-03-18", `the schemaVersion \"2021-03-18\" is none of`},
		{`["platform","function"]`, `[]`, "there are no types"},
		{`["platform","function"]`, `["metrics"]`, `the type \"metrics\" is none of`},
		{"1000", "999", "maxItems is 999, and must be from 1000 to 10000"},
		{"262144", "262143", "maxBytes is 262143, and must be from 262144 to 1048576"},
		{":25", ":24", "timeoutMs is 24, and must be from 25 to 30000"},
		{":25", ":30001", "timeoutMs is 30001"},
		{"HTTP", "UDP", `the protocol \"UDP\" is not HTTP`},
		{"sandbox.localdomain:PORT", "sandbox.localdomain:9001", "the port 9001 is reserved"},
		{"sandbox.localdomain:PORT", "169.254.169.254:80", `the destination's host \"169.254.169.254\" is not sandbox.localdomain`},
		{"sandbox.localdomain:PORT", "sandbox.localdomain", "the destination is not http://sandbox.localdomain and a port"},
	} {
		option, told := extended(t, conduct{Events: everything, Telemetry: strings.Replace(subscription, row.old, row.new, 1)})
		f := start(t, "obey", option, func(o *locallambda.Options) { o.Timeout = time.Second })
		invoke(t, f, `{}`)
		all := told()
		if answer := all[1]; !strings.HasPrefix(answer, `telemetry {"errorMessage":"`) || !strings.Contains(answer, row.want) || !strings.HasSuffix(answer, `,"errorType":"ValidationError"}`) {
			t.Errorf("%s for %s is answered by %s", row.new, row.old, answer)
		}
	}
}

// An extension that is slower than the function's log loses lines, and is told how
// many.
func TestTelemetryIsBounded(t *testing.T) {
	hold := holding(t)
	option, told := extended(t, conduct{Events: everything, Telemetry: subscription, Hold: hold, Do: "slowTelemetry"})
	f := start(t, "obey", option, func(o *locallambda.Options) { o.Log = nil })
	invoke(t, f, `{"do":"chatter"}`)
	settled(t, f)
	if err := os.Remove(hold); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	dropped, lines, platform := 0, 0, 0
	for _, event := range delivered(t, told()) {
		var e struct {
			Type   string `json:"type"`
			Record struct {
				Dropped int `json:"droppedRecords"`
			} `json:"record"`
		}
		err := json.Unmarshal(event, &e)
		switch {
		case e.Type == "function":
			lines++ // Its record is a text.
		case err != nil:
			t.Fatalf("%s: %v", event, err)
		case e.Type == "platform.logsDropped":
			dropped += e.Record.Dropped
		default:
			platform++
		}
	}
	// Some of what is lost are the platform's own events, of which there are 8.
	if whole := lines + platform + dropped; whole != chatter+8 || dropped < chatter/2 {
		t.Errorf("%d lines and %d events of the platform were delivered, and %d dropped: %d", lines, platform, dropped, whole)
	}
}

// Whom nobody listens to loses events, and the function goes on.
func TestTelemetryToNobody(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	option, _ := extended(t, conduct{Events: everything, Telemetry: strings.Replace(subscription, "PORT", port, 1)})
	f := start(t, "obey", option)
	for range 3 {
		if result := invoke(t, f, `{}`); result.FunctionError != "" {
			t.Errorf("the answer is %s", result.Payload)
		}
	}
}

// An extension that is frozen gets its telemetry when it runs again.
func TestTelemetryAcrossAFreeze(t *testing.T) {
	t.Parallel()
	option, told := extended(t, conduct{Events: everything, Telemetry: strings.Replace(subscription, "25", "1000", 1)})
	f := start(t, "obey", option)
	invoke(t, f, `{}`)
	e := settled(t, f)[0]
	await(t, func() bool { return stopped(t, e.Extensions["watcher"]) })
	reports := func() int { return strings.Count(strings.Join(told(), "\n"), "platform.report") }
	if n := reports(); n != 0 {
		t.Errorf("%d reports were delivered before the time to", n)
	}
	if err := f.Thaw(e.Name); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return reports() == 1 })
}
