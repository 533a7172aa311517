//go:build unix

package locallambda_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// extensionNames are those that this program runs by as an extension.
var extensionNames = map[string]bool{"watcher": true, "second": true}

// conduct is what an extension does.
type conduct struct {
	Events    []string `json:"events"`
	Feature   string   `json:"feature,omitempty"`
	Journal   string   `json:"journal"`             // A file for all that it is told, a line each.
	Telemetry string   `json:"telemetry,omitempty"` // A subscription, with PORT for its port.
	Hold      string   `json:"hold,omitempty"`      // A file: while it is there an INVOKE, or a slow start, takes long.
	Do        string   `json:"do,omitempty"`        // How it fails.
}

type extensionClient struct {
	conduct
	base, id string
	journal  sync.Mutex
}

// runExtension is an extension as a user would write one.
func runExtension(name string) error {
	x := &extensionClient{base: "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API")}
	if err := json.Unmarshal([]byte(os.Getenv(extensionVariable)), &x.conduct); err != nil {
		return err
	}
	if x.Do == "mute" {
		select {}
	}
	fmt.Println("the extension starts")
	if x.Do == "slow" {
		x.held()
	}
	if x.Do == "environ" {
		text, err := json.Marshal(environ())
		if err != nil {
			return err
		}
		if err := x.note("environ", text); err != nil {
			return err
		}
	}
	events, err := json.Marshal(map[string][]string{"events": x.Events})
	if err != nil {
		return err
	}
	if err := x.ask("POST", "/2020-01-01/extension/register", events, map[string]string{
		"Lambda-Extension-Name": name, "Lambda-Extension-Accept-Feature": x.Feature,
	}, nil); err != nil {
		return err
	}
	if x.Telemetry != "" {
		if err := x.subscribe(); err != nil {
			return err
		}
	}
	if x.Do == "initError" {
		return errors.Join(x.report("init"), errors.New("no configuration"))
	}
	for {
		var event struct {
			EventType string `json:"eventType"`
		}
		if err := x.ask("GET", "/2020-01-01/extension/event/next", nil, nil, &event); err != nil {
			return err
		}
		switch {
		case event.EventType == "SHUTDOWN" && x.Do == "stay":
			select {}
		case event.EventType == "SHUTDOWN":
			return nil
		case x.Do == "exitError":
			return errors.Join(x.report("exit"), errors.New("no way out"))
		case x.Do == "crash":
			os.Exit(9)
		}
		if x.Do != "slowTelemetry" {
			x.held()
		}
	}
}

// held waits for the end of the file.
func (x *extensionClient) held() {
	for x.Hold != "" {
		if _, err := os.Stat(x.Hold); errors.Is(err, os.ErrNotExist) {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
}

// subscribe listens, and then subscribes to telemetry.
func (x *extensionClient) subscribe() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if x.Do == "slowTelemetry" {
			x.held()
		}
		if err == nil {
			err = x.note("telemetry", body)
		}
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})}
	go func() { _ = server.Serve(listener) }()
	port := fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)
	return x.ask("PUT", "/2022-07-01/telemetry", []byte(strings.ReplaceAll(x.Telemetry, "PORT", port)), nil, nil)
}

func (x *extensionClient) report(phase string) error {
	return x.ask("POST", "/2020-01-01/extension/"+phase+"/error", []byte(`{"errorMessage":"it fails","errorType":"Extension.Broken"}`),
		map[string]string{"Lambda-Extension-Function-Error-Type": "Extension.Broken"}, nil)
}

// ask makes a request, and notes the answer.
func (x *extensionClient) ask(method, path string, body []byte, header map[string]string, answer any) error {
	request, err := http.NewRequest(method, x.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for key, value := range header {
		if value != "" {
			request.Header.Set(key, value)
		}
	}
	if x.id != "" {
		request.Header.Set("Lambda-Extension-Identifier", x.id)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if id := response.Header.Get("Lambda-Extension-Identifier"); id != "" {
		x.id = id
	}
	if err := x.note(path[strings.LastIndex(path, "/")+1:], text); err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s: %s: %s", path, response.Status, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

// note writes a line into the journal, whole or not at all.
func (x *extensionClient) note(what string, text []byte) error {
	x.journal.Lock()
	defer x.journal.Unlock()
	file, err := os.OpenFile(x.Journal, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(what + " " + string(text) + "\n")
	return errors.Join(err, file.Close())
}
