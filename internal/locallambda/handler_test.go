//go:build unix

package locallambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

// order is what the functions of these tests are asked.
type order struct {
	Say   string `json:"say,omitempty"`   // On standard error, before anything else.
	Do    string `json:"do,omitempty"`    // One of the deeds of obey.
	Touch string `json:"touch,omitempty"` // A file that is made when the order is taken.
}

// account is what they answer.
type account struct {
	PID   int               `json:"pid"`
	Calls int64             `json:"calls"`
	Env   map[string]string `json:"env,omitempty"`
}

// handlers are the functions that a test can start, by their names.
var handlers = map[string]any{
	"obey":   obey,
	"slow":   obey,
	"broken": obey,
}

// initializers run before the function asks for its first event.
var initializers = map[string]func(){
	"slow":   func() { select {} },
	"broken": func() { fmt.Fprintln(os.Stderr, "no configuration"); os.Exit(3) },
}

var errRefused = errors.New("the order is refused")

var calls atomic.Int64

// obey does as it is told.
func obey(ctx context.Context, o order) (account, error) {
	a := account{PID: os.Getpid(), Calls: calls.Add(1)}
	if o.Say != "" {
		fmt.Fprintln(os.Stderr, o.Say)
	}
	if o.Touch != "" {
		if err := os.WriteFile(o.Touch, nil, 0o600); err != nil {
			return a, err
		}
	}
	switch o.Do {
	case "fail":
		return a, errRefused
	case "panic":
		panic("the handler panicked")
	case "exit":
		os.Exit(7)
	case "hang":
		select {}
	case "wait": // Until the file is gone.
		for {
			if _, err := os.Stat(o.Touch); errors.Is(err, os.ErrNotExist) {
				return a, nil
			}
			select {
			case <-ctx.Done():
				return a, ctx.Err()
			case <-time.After(5 * time.Millisecond):
			}
		}
	case "env":
		a.Env = environ()
	}
	return a, nil
}

func decode(payload []byte) account {
	var a account
	if err := json.Unmarshal(payload, &a); err != nil {
		panic(fmt.Sprintf("%s: %v", payload, err))
	}
	return a
}
