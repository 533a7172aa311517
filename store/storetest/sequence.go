package storetest

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"pgregory.net/rapid"
)

// checkSequences: any sequence of writes, most of which fit, leaves the record
// that [recloser.Record.Apply] says, and each is answered by it.
func checkSequences(ctx context.Context, s subject) error {
	return property(s.name, func(t *rapid.T) {
		a := author{name: "author", roll: func(what string, n int) int {
			return rapid.IntRange(0, n-1).Draw(t, what)
		}}
		m := newMirror(s)
		for range rapid.IntRange(1, 40).Draw(t, "writes") {
			if err := m.apply(ctx, a.write(m.want)); err != nil {
				t.Fatal(err)
			}
			if a.roll.oneIn("load", 4) {
				if err := m.load(ctx); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := m.load(ctx); err != nil {
			t.Fatal(err)
		}
	})
}

// property checks a property with rapid, and returns what it found.
func property(name string, holds func(*rapid.T)) error {
	found := &finding{name: name}
	done := make(chan struct{})
	go func() {
		defer close(done)
		rapid.Check(found, holds)
	}()
	<-done
	if found.failed {
		return fmt.Errorf("%s", strings.TrimSpace(found.said.String()))
	}
	return nil
}

// finding is a test of which only what it says is of interest. It is used by one
// goroutine at a time.
type finding struct {
	name   string
	said   strings.Builder
	failed bool
}

var _ rapid.TB = (*finding)(nil)

func (f *finding) Helper()                         {}
func (f *finding) Name() string                    { return f.name }
func (f *finding) Failed() bool                    { return f.failed }
func (f *finding) Fail()                           { f.failed = true }
func (f *finding) Log(args ...any)                 { fmt.Fprintln(&f.said, args...) }
func (f *finding) Logf(format string, args ...any) { fmt.Fprintf(&f.said, format+"\n", args...) }

func (f *finding) FailNow() {
	f.Fail()
	runtime.Goexit()
}

func (f *finding) SkipNow() { runtime.Goexit() }

func (f *finding) Error(args ...any) {
	f.Log(args...)
	f.Fail()
}

func (f *finding) Errorf(format string, args ...any) {
	f.Logf(format, args...)
	f.Fail()
}

func (f *finding) Fatal(args ...any) {
	f.Log(args...)
	f.FailNow()
}

func (f *finding) Fatalf(format string, args ...any) {
	f.Logf(format, args...)
	f.FailNow()
}

func (f *finding) Skip(args ...any) {
	f.Log(args...)
	f.SkipNow()
}

func (f *finding) Skipf(format string, args ...any) {
	f.Logf(format, args...)
	f.SkipNow()
}
