package statelanguage

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

//go:embed engine.js
var engineScript string

// Engine evaluates JSONata, in a process of Node: the engine that AWS names, as it
// is published. It is not safe for concurrent use.
type Engine struct {
	// Random is what $random shows in the expressions that are evaluated together.
	// Defaults to 0.
	Random func() float64
	// UUID is what $uuid shows in them. Defaults to one that is always the same.
	UUID func() string

	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	errors  bytes.Buffer
}

// EngineOptions are what an engine is made of.
type EngineOptions struct {
	// Source is the path of jsonata.js of version 2.0.6 of the package jsonata.
	Source string
	// Direct evaluates without promises, which is many times as fast: no
	// expression of a state machine waits for anything, so the source comes to
	// the same without its awaits. Defaults to false: the source as it is.
	Direct bool
}

// NewEngine returns an engine, which must be closed.
func NewEngine(ctx context.Context, o EngineOptions) (*Engine, error) {
	mode := "as it is"
	if o.Direct {
		mode = "direct"
	}
	e := &Engine{
		Random:  func() float64 { return 0 },
		UUID:    func() string { return "00000000-0000-4000-8000-000000000000" },
		process: exec.CommandContext(ctx, "node", "-e", engineScript, "--", o.Source, mode),
	}
	e.process.Stderr = &e.errors
	in, err := e.process.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("statelanguage: %w", err)
	}
	out, err := e.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("statelanguage: %w", err)
	}
	e.in, e.out = in, bufio.NewReader(out)
	if err := e.process.Start(); err != nil {
		return nil, fmt.Errorf("statelanguage: the engine does not start: %w", err)
	}
	return e, nil
}

// Close ends the engine.
func (e *Engine) Close() error {
	return errors.Join(e.in.Close(), e.process.Wait())
}

// request is what the process is asked, and answer one of what it answers.
type (
	request struct {
		At          int64    `json:"at"`
		Random      float64  `json:"random"`
		UUID        string   `json:"uuid"`
		Variables   string   `json:"variables"` // as JSON, for each expression gets its own
		Expressions []string `json:"expressions"`
	}
	answer struct {
		Value   json.RawMessage `json:"value"`
		Problem string          `json:"problem"`
	}
)

// Evaluate returns what expressions come to at a time, with variables by their
// names without the $. One that cannot be evaluated, or comes to nothing, is
// States.QueryEvaluationError; with it come the values of those before it.
func (e *Engine) Evaluate(at time.Time, variables map[string]any, expressions ...string) ([]any, error) {
	if len(expressions) == 0 {
		return nil, nil
	}
	bindings, err := json.Marshal(variables)
	if err != nil {
		return nil, fmt.Errorf("statelanguage: %w", err)
	}
	r := request{At: at.UnixMilli(), Variables: string(bindings), Expressions: expressions}
	for _, expression := range expressions {
		if r.Random == 0 && strings.Contains(expression, "$random(") {
			r.Random = e.Random()
		}
		if r.UUID == "" && strings.Contains(expression, "$uuid(") {
			r.UUID = e.UUID()
		}
	}
	answers, err := e.ask(r)
	if err != nil {
		return nil, err
	}
	values := make([]any, 0, len(answers))
	for i, a := range answers {
		switch {
		case a.Problem != "":
			return values, failf(ErrQueryEvaluationError, "%s: %s", a.Problem, brief(expressions[i]))
		case a.Value == nil:
			return values, failf(ErrQueryEvaluationError, "the expression comes to nothing: %s", brief(expressions[i]))
		}
		var value any
		if err := json.Unmarshal(a.Value, &value); err != nil {
			return values, fmt.Errorf("statelanguage: %w", err)
		}
		values = append(values, value)
	}
	return values, nil
}

func (e *Engine) ask(r request) ([]answer, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("statelanguage: %w", err)
	}
	if _, err := e.in.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("statelanguage: the engine is gone: %w", err)
	}
	line, err = e.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("statelanguage: the engine is gone: %w: %.1000s", err, e.errors.Bytes())
	}
	var answers []answer
	if err := json.Unmarshal(line, &answers); err != nil {
		return nil, fmt.Errorf("statelanguage: the engine answers %.200q: %w", line, err)
	}
	return answers, nil
}

func brief(expression string) string {
	const most = 200
	if len(expression) > most {
		return expression[:most] + "…"
	}
	return expression
}
