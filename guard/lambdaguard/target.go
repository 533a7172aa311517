package lambdaguard

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"reflect"

	"github.com/aws/aws-lambda-go/lambda"
)

// target is a handler, by the parts of its signature.
type target struct {
	handler      lambda.Handler // or else function
	function     reflect.Value
	takesContext bool
	event        reflect.Type // nil if it takes none
	response     reflect.Type // nil if it returns none
	streams      bool         // whether a response may be a stream
}

// targetOf returns the target that a handler is, by the rules of lambda.Start.
func targetOf(handler any) target {
	if h, ok := handler.(lambda.Handler); ok {
		return target{handler: h}
	}
	f := reflect.ValueOf(handler)
	if f.Kind() != reflect.Func || f.IsNil() {
		panic(fmt.Sprintf("lambdaguard: a handler must be a function or a lambda.Handler, not %T", handler))
	}
	t := target{function: f}
	signature := f.Type()
	in := make([]reflect.Type, signature.NumIn())
	for i := range in {
		in[i] = signature.In(i)
	}
	if len(in) > 0 && in[0].Kind() == reflect.Interface && in[0].NumMethod() > 0 && reflect.TypeFor[context.Context]().Implements(in[0]) {
		t.takesContext, in = true, in[1:]
	}
	if len(in) > 0 {
		t.event, in = in[0], in[1:]
	}
	out := make([]reflect.Type, signature.NumOut())
	for i := range out {
		out[i] = signature.Out(i)
	}
	if len(out) > 1 {
		t.response, out = out[0], out[1:]
		t.streams = t.response.Kind() == reflect.Interface || t.response.Implements(reflect.TypeFor[io.Reader]())
	}
	if len(in) > 0 || len(out) > 1 || len(out) == 1 && !out[0].Implements(reflect.TypeFor[error]()) || signature.IsVariadic() {
		panic(fmt.Sprintf("lambdaguard: lambda.Start takes no %T; write func(context.Context, In) (Out, error)", handler))
	}
	return t
}

// argument returns what the target is called with.
func (t *target) argument(event json.RawMessage, decode func([]byte, any) error) (reflect.Value, error) {
	switch {
	case t.handler != nil:
		return reflect.ValueOf([]byte(event)), nil
	case t.event == nil:
		return reflect.Value{}, nil
	}
	v := reflect.New(t.event)
	err := decode(event, v.Interface())
	return v.Elem(), err
}

// call calls the target.
func (t *target) call(ctx context.Context, argument reflect.Value) (any, error) {
	if t.handler != nil {
		response, err := t.handler.Invoke(ctx, argument.Bytes())
		if err != nil {
			return nil, err
		}
		return bytes.NewBuffer(response), nil
	}
	in := make([]reflect.Value, 0, 2)
	if t.takesContext {
		in = append(in, reflect.ValueOf(ctx))
	}
	if t.event != nil {
		in = append(in, argument)
	}
	out := t.function.Call(in)
	if len(out) > 0 {
		if err, ok := reflect.TypeAssert[error](out[len(out)-1]); ok {
			return nil, err
		}
	}
	if t.response == nil {
		return nil, nil //nolint:nilnil // It is what the handler returned.
	}
	return out[0].Interface(), nil
}
