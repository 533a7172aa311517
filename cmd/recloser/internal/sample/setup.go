package sample

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/config"
	"github.com/recloser-dev/recloser/guard/httpguard"
)

// Variable is the environment variable that holds a [Setup]. A program that finds
// it is the function, and calls [Start].
const Variable = "RECLOSER_SAMPLE"

// Setup is what the function is told by who starts it.
type Setup struct {
	// Circuits are those that it calls.
	Circuits []Circuit `json:"circuits"`
	// Store is the URL of what they are shared through.
	Store string `json:"store"`
	// StoreTimeout bounds what is asked of it; 0 is the library's own.
	StoreTimeout time.Duration `json:"store_timeout"`
}

// Circuit is a circuit that the function calls.
type Circuit struct {
	// Name is its name, and Policy its rules.
	Name   string          `json:"name"`
	Policy recloser.Policy `json:"policy"`
	// Statuses says what the statuses of its answers count as.
	Statuses httpguard.Statuses `json:"statuses"`
	// Upstream is what its calls go to.
	Upstream string `json:"upstream"`
}

// Encode returns the value of [Variable].
func (s Setup) Encode() (string, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("write the setup of the sample function: %w", err)
	}
	return string(text), nil
}

// newFunction returns the function of a setup.
func newFunction(text string) (*function, error) {
	var s Setup
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, fmt.Errorf("read %s: %w", Variable, err)
	}
	described, err := config.ParseStore(s.Store)
	if err != nil {
		return nil, err
	}
	opened, err := storage.Open(context.Background(), described)
	if err != nil {
		return nil, err
	}
	f := &function{upstreams: make(map[string]*url.URL)}
	policies, statuses := make(map[string]recloser.Policy), make(map[string]httpguard.Statuses)
	for _, c := range s.Circuits {
		if f.upstreams[c.Name], err = url.Parse(c.Upstream); err != nil {
			return nil, fmt.Errorf("circuit %s: %w", c.Name, err)
		}
		policies[c.Name], statuses[c.Name] = c.Policy, c.Statuses
	}
	panel := recloser.NewPanel(func(o *recloser.PanelOptions) {
		o.Store, o.Policies = opened.Store, policies
		if s.StoreTimeout > 0 {
			o.StoreTimeout = s.StoreTimeout
		}
		o.Observers = []recloser.Observer{recloser.ObserverFunc(tell)}
	})
	f.client = httpguard.New(panel, func(o *httpguard.Options) {
		o.Circuit, o.StatusesOf = circuitOf, statuses
	})
	return f, nil
}
