package admin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

const (
	token = "the-token-of-this-test"
	port  = "7373"
	host  = "127.0.0.1:" + port
)

// operator counts what it is asked to change.
type operator struct {
	mu      sync.Mutex
	changes []string
}

func (o *operator) note(format string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.changes = append(o.changes, fmt.Sprintf(format, args...))
}

func (o *operator) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.changes)
}

func (o *operator) Circuits(context.Context) ([]admin.Circuit, error) {
	return []admin.Circuit{{Name: "payments"}}, nil
}

func (o *operator) Describe(_ context.Context, key string) (admin.Circuit, error) {
	if key != "payments" {
		return admin.Circuit{}, fmt.Errorf("%w: %.20s", admin.ErrNotFound, key)
	}
	return admin.Circuit{Name: key}, nil
}

func (o *operator) Override(_ context.Context, key string, v recloser.Override) (admin.Circuit, error) {
	o.note("override %s %s %s %s", key, v.Mode, v.Actor, v.Reason)
	return admin.Circuit{Name: key}, nil
}

func (o *operator) Reset(_ context.Context, key, actor, reason string) (admin.Circuit, error) {
	o.note("reset %s %s %s", key, actor, reason)
	return admin.Circuit{Name: key}, nil
}

func (o *operator) Events(context.Context, uint64, int, time.Duration) []admin.Event {
	return []admin.Event{{Sequence: 1, Kind: "opened"}}
}

func newAPI() (*operator, http.Handler) {
	o := new(operator)
	return o, admin.Guard(port, admin.NewHandler(o, token))
}

const (
	goodOverride = `{"circuit":"payments","mode":"open","for":"10m","actor":"me@here","reason":"drill"}`
	goodReset    = `{"circuit":"payments","actor":"me@here"}`
)

// attempt is one request of the matrix.
type attempt struct {
	method, path, host, kind, encoding string
	origin, token                      string
	sendToken                          bool
}

func (a attempt) request() *http.Request {
	body := goodOverride
	if a.path == "/v1/reset" {
		body = goodReset
	}
	r := httptest.NewRequest(a.method, "http://"+host+a.path, strings.NewReader(body))
	r.Host = a.host
	for key, value := range map[string]string{"Content-Type": a.kind, "Content-Encoding": a.encoding, "Origin": a.origin} {
		if value != "" {
			r.Header.Set(key, value)
		}
	}
	if a.sendToken {
		r.Header.Set(admin.TokenHeader, a.token)
	}
	return r
}

// allowed reports whether the request may change something.
func (a attempt) allowed() bool {
	return a.method == http.MethodPost && a.sendToken && a.token == token && a.encoding == "" && a.origin == "" &&
		(a.kind == "application/json" || a.kind == "application/json; charset=utf-8") &&
		(a.host == host || a.host == "localhost:"+port || a.host == "[::1]:"+port)
}

func attempts() []attempt {
	var all []attempt
	tokens := []struct {
		value string
		send  bool
	}{{"", false}, {"", true}, {"wrong", true}, {token[:len(token)-1], true}, {token + "x", true}, {strings.ToUpper(token), true}, {token, true}}
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "POST"} {
		for _, path := range []string{"/v1/override", "/v1/reset"} {
			for _, h := range []string{host, "localhost:" + port, "[::1]:" + port, "evil.example", "127.0.0.1", "127.0.0.1:80", "evil.example:" + port, ""} {
				for _, kind := range []string{"application/json", "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", ""} {
					for _, tok := range tokens {
						all = append(all, attempt{method: method, path: path, host: h, kind: kind, token: tok.value, sendToken: tok.send})
					}
				}
			}
		}
	}
	for _, extra := range []attempt{{encoding: "gzip"}, {origin: "http://evil.example"}, {origin: "null"}, {origin: "http://" + host}} {
		extra.method, extra.path, extra.host, extra.kind = "POST", "/v1/override", host, "application/json"
		extra.token, extra.sendToken = token, true
		all = append(all, extra)
	}
	return all
}

// LAWS.md, X4: no request moves a state without the token, JSON, POST and a
// host of this machine; with them it does.
func TestOnlyAuthenticRequestsChangeState(t *testing.T) {
	o, api := newAPI()
	changed := 0
	for _, a := range attempts() {
		answer := httptest.NewRecorder()
		api.ServeHTTP(answer, a.request())
		want := 0
		if a.allowed() {
			want = 1
			changed++
		}
		if got := o.count() - (changed - want); got != want {
			t.Fatalf("%+v: %d state changes, want %d (answer %d)", a, got, want, answer.Code)
		}
		if ok := answer.Code == http.StatusOK; ok != a.allowed() {
			t.Errorf("%+v: answer %d", a, answer.Code)
		}
		if cors := answer.Header().Get("Access-Control-Allow-Origin"); cors != "" {
			t.Errorf("%+v: CORS header %q", a, cors)
		}
	}
	if changed == 0 {
		t.Error("no request changed anything, so the matrix shows nothing")
	}
}

// LAWS.md, Security: everything but /health wants the token, and who has none
// is told nothing.
func TestWithoutTokenOnlyHealthAnswers(t *testing.T) {
	_, api := newAPI()
	for path, want := range map[string]int{
		"/health":                                http.StatusOK,
		"/v1/circuits":                           http.StatusUnauthorized,
		"/v1/circuit?key=payments":               http.StatusUnauthorized,
		"/v1/events?after=0&limit=1&wait=0s":     http.StatusUnauthorized,
		"/v1/nothing":                            http.StatusUnauthorized,
		"/":                                      http.StatusUnauthorized,
		"/v1/circuits?X-Recloser-Token=" + token: http.StatusUnauthorized,
	} {
		answer := httptest.NewRecorder()
		api.ServeHTTP(answer, attempt{method: "GET", path: path, host: host}.request())
		if answer.Code != want {
			t.Errorf("GET %s: %d, want %d", path, answer.Code, want)
		}
		if want == http.StatusUnauthorized && answer.Body.Len() > 0 {
			t.Errorf("GET %s: a body without the token: %s", path, answer.Body)
		}
	}
}

func TestTwoTokensAreNone(t *testing.T) {
	_, api := newAPI()
	r := attempt{method: "GET", path: "/v1/circuits", host: host, token: token, sendToken: true}.request()
	r.Header.Add(admin.TokenHeader, "wrong")
	answer := httptest.NewRecorder()
	api.ServeHTTP(answer, r)
	if answer.Code != http.StatusUnauthorized {
		t.Errorf("two tokens: %d, want 401", answer.Code)
	}
}

func TestServerWithoutTokenLetsNobodyIn(t *testing.T) {
	api := admin.NewHandler(new(operator), "")
	r := attempt{method: "GET", path: "/v1/circuits", host: host, token: "", sendToken: true}.request()
	answer := httptest.NewRecorder()
	api.ServeHTTP(answer, r)
	if answer.Code != http.StatusUnauthorized {
		t.Errorf("an empty token: %d, want 401", answer.Code)
	}
}

func TestOrdersThatMakeNoSense(t *testing.T) {
	long := strings.Repeat("x", 300)
	rows := []struct {
		name, path, body string
		want             int
	}{
		{"no JSON", "/v1/override", `open payments`, 400},
		{"nothing", "/v1/override", ``, 400},
		{"an array", "/v1/override", `[]`, 400},
		{"two objects", "/v1/override", goodOverride + goodOverride, 400},
		{"an unknown key", "/v1/override", `{"circuit":"payments","mode":"open","for":"10m","actor":"me","force":true}`, 400},
		{"no circuit", "/v1/override", `{"mode":"open","for":"10m","actor":"me"}`, 400},
		{"no actor", "/v1/override", `{"circuit":"payments","mode":"open","for":"10m"}`, 400},
		{"an actor that steers the terminal", "/v1/override", `{"circuit":"payments","mode":"open","for":"10m","actor":"\u001b[2J"}`, 400},
		{"a reason of two lines", "/v1/override", `{"circuit":"payments","mode":"open","for":"10m","actor":"me","reason":"a\nb"}`, 400},
		{"a long reason", "/v1/override", `{"circuit":"payments","mode":"open","for":"10m","actor":"me","reason":"` + long + `"}`, 400},
		{"no mode", "/v1/override", `{"circuit":"payments","for":"10m","actor":"me"}`, 400},
		{"an unknown mode", "/v1/override", `{"circuit":"payments","mode":"ajar","for":"10m","actor":"me"}`, 400},
		{"for ever", "/v1/override", `{"circuit":"payments","mode":"open","actor":"me"}`, 400},
		{"for nothing", "/v1/override", `{"circuit":"payments","mode":"open","for":"0s","actor":"me"}`, 400},
		{"for less", "/v1/override", `{"circuit":"payments","mode":"open","for":"-1s","actor":"me"}`, 400},
		{"for ten years", "/v1/override", `{"circuit":"payments","mode":"open","for":"87600h","actor":"me"}`, 400},
		{"a reset with a mode", "/v1/reset", `{"circuit":"payments","mode":"open","actor":"me"}`, 400},
		{"too much", "/v1/override", `{"circuit":"` + strings.Repeat("x", admin.MaxBody) + `"}`, 413},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			o, api := newAPI()
			r := httptest.NewRequest("POST", "http://"+host+row.path, strings.NewReader(row.body))
			r.Header.Set(admin.TokenHeader, token)
			r.Header.Set("Content-Type", "application/json")
			answer := httptest.NewRecorder()
			api.ServeHTTP(answer, r)
			if answer.Code != row.want || o.count() != 0 {
				t.Errorf("answer %d with %d changes, want %d with none: %s", answer.Code, o.count(), row.want, answer.Body)
			}
			if !strings.Contains(answer.Body.String(), `"detail":`) {
				t.Errorf("no problem in the body: %s", answer.Body)
			}
		})
	}
}

// LAWS.md, X4: no byte stream moves a state without the token.
func FuzzBody(f *testing.F) {
	f.Add(goodOverride, "")
	f.Add(goodReset, token[:4])
	f.Fuzz(func(t *testing.T, body, guess string) {
		o, api := newAPI()
		for _, path := range []string{"/v1/override", "/v1/reset"} {
			for _, tok := range []string{guess, token} {
				r := httptest.NewRequest("POST", "http://"+host+path, strings.NewReader(body))
				r.Header[admin.TokenHeader] = []string{tok}
				r.Header.Set("Content-Type", "application/json")
				api.ServeHTTP(httptest.NewRecorder(), r)
				if tok == guess && guess != token && o.count() > 0 {
					t.Fatalf("the token %q changed the state: %v", guess, o.changes)
				}
			}
			o.changes = nil
		}
	})
}
