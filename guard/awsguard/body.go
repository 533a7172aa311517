package awsguard

import (
	"context"
	"io"
	"reflect"
)

// bodyOf returns the field of a result that the caller reads the body of a
// response from, if there is one.
func bodyOf(result any) (reflect.Value, bool) {
	v := reflect.ValueOf(result)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return reflect.Value{}, false
	}
	for _, f := range v.Elem().Fields() {
		if f.Type() == reflect.TypeFor[io.ReadCloser]() && f.CanSet() && !f.IsNil() {
			return f, true
		}
	}
	return reflect.Value{}, false
}

// isEventStream reports whether a result is read event by event.
func isEventStream(result any) bool {
	return result != nil && reflect.ValueOf(result).MethodByName("GetStream").IsValid()
}

// outlives reports whether there is something to read when the call has ended.
func outlives(result any) bool {
	_, ok := bodyOf(result)
	return ok || isEventStream(result)
}

func closeBody(result any) {
	if f, ok := bodyOf(result); ok {
		_ = f.Interface().(io.Closer).Close()
	}
}

// release sees to it that the context of a result ends with its body, and reports
// whether it has one. That of an event stream, of which nothing tells the end,
// ends with the caller's.
func release(result any, cancel context.CancelCauseFunc) bool {
	if f, ok := bodyOf(result); ok {
		f.Set(reflect.ValueOf(&body{f.Interface().(io.ReadCloser), cancel}))
		return true
	}
	return isEventStream(result)
}

// body is the body of a response, whose context ends with it.
type body struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.cancel(nil)
	}
	return n, err
}

// Close implements [io.Closer].
func (b *body) Close() error {
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}
