package statelanguage

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"regexp"
	"strings"
	"time"

	"github.com/dop251/goja"
)

//go:embed engine.js
var engineScript string

// Engine evaluates JSONata. It is not safe for concurrent use.
type Engine struct {
	// Random is what $random shows. Defaults to 0.
	Random func() float64
	// UUID is what $uuid shows. Defaults to one that is always the same.
	UUID func() string

	vm       *goja.Runtime
	evaluate goja.Callable
	now      time.Time
}

// EngineOptions are what an engine is made of.
type EngineOptions struct {
	// Source is jsonata.js of version 2.0.6 of the package jsonata.
	Source []byte
	// Direct evaluates without promises, which is many times as fast: no
	// expression of a state machine waits for anything, so the source comes to
	// the same without its awaits. Defaults to false: the source as it is.
	Direct bool
}

// NewEngine returns an engine.
func NewEngine(o EngineOptions) (*Engine, error) {
	e := &Engine{
		Random: func() float64 { return 0 },
		UUID:   func() string { return "00000000-0000-4000-8000-000000000000" },
		vm:     goja.New(),
	}
	e.vm.SetTimeSource(func() time.Time { return e.now })
	source := string(o.Source)
	if o.Direct {
		source = withoutPromises(source)
	}
	for name, value := range map[string]any{
		"hash": hashed, "random": func() float64 { return e.Random() }, "uuid": func() string { return e.UUID() },
	} {
		if err := e.vm.Set(name, value); err != nil {
			return nil, fmt.Errorf("statelanguage: %w", err)
		}
	}
	wrapped := "var jsonata = (function () { var module = { exports: {} }; var exports = module.exports; " + source + "\nreturn module.exports; })();"
	for _, script := range []string{wrapped, engineScript} {
		if _, err := e.vm.RunString(script); err != nil {
			return nil, fmt.Errorf("statelanguage: the engine does not start: %w", err)
		}
	}
	evaluate, ok := goja.AssertFunction(e.vm.Get("evaluate"))
	if !ok {
		return nil, errors.New("statelanguage: the engine has no function to evaluate")
	}
	e.evaluate = evaluate
	return e, nil
}

var (
	asyncFunction = regexp.MustCompile(`\basync (function|\()`)
	awaits        = regexp.MustCompile(`([^.\w])await `)
	hooks         = regexp.MustCompile(`\w+\.lookup\(Symbol\.for\('jsonata\.\w+'\)\)`)
)

func withoutPromises(source string) string {
	source = asyncFunction.ReplaceAllString(source, "$1")
	source = awaits.ReplaceAllString(source, "$1")
	source = hooks.ReplaceAllString(source, "undefined") // Nobody steps through expressions.
	return strings.ReplaceAll(source, "Promise.all(", "(")
}

// Evaluate returns what an expression comes to at a time, with variables by
// their names without the $. An expression that cannot be evaluated, or comes to
// nothing, is States.QueryEvaluationError.
func (e *Engine) Evaluate(expression string, at time.Time, variables map[string]any) (any, error) {
	bindings, err := json.Marshal(variables)
	if err != nil {
		return nil, fmt.Errorf("statelanguage: %w", err)
	}
	e.now = at
	answer, err := e.evaluate(goja.Undefined(), e.vm.ToValue(expression), e.vm.ToValue(string(bindings)))
	if err != nil {
		return nil, failf(ErrQueryEvaluationError, "%v: %s", err, brief(expression))
	}
	object := answer.ToObject(e.vm)
	if problem := object.Get("problem"); problem != nil && !goja.IsUndefined(problem) {
		return nil, failf(ErrQueryEvaluationError, "%v: %s", problem, brief(expression))
	}
	text := object.Get("value")
	if text == nil || goja.IsUndefined(text) {
		return nil, failf(ErrQueryEvaluationError, "the expression comes to nothing: %s", brief(expression))
	}
	var value any
	if err := json.Unmarshal([]byte(text.String()), &value); err != nil {
		return nil, fmt.Errorf("statelanguage: %w", err)
	}
	return value, nil
}

func brief(expression string) string {
	const most = 200
	if len(expression) > most {
		return expression[:most] + "…"
	}
	return expression
}

// hashed is $hash.
func hashed(text, algorithm string) (string, error) {
	var h hash.Hash
	switch algorithm {
	case "MD5":
		h = md5.New()
	case "SHA-1":
		h = sha1.New()
	case "SHA-256":
		h = sha256.New()
	case "SHA-384":
		h = sha512.New384()
	case "SHA-512":
		h = sha512.New()
	default:
		return "", fmt.Errorf("no algorithm is called %.40q", algorithm)
	}
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)), nil
}
