package command_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/bench/command"
)

// figures is a report that has passed, or not.
type figures struct{ Pass bool }

func (f figures) WriteText(w io.Writer) error {
	_, err := fmt.Fprintln(w, "passed:", f.Pass)
	return err
}

func (f figures) Passed() bool { return f.Pass }

func TestParse(t *testing.T) {
	for _, test := range []struct {
		args   string
		status int
		ended  bool
		says   string
	}{
		{"", command.OK, false, ""},
		{"-run a|b -json -check -list", command.OK, false, ""},
		{"-help", command.OK, true, "as in a|b"},
		{"-nonsense", command.Usage, true, "nonsense"},
		{"-run (", command.Usage, true, "measure: error parsing regexp: missing closing"},
		{"more", command.Usage, true, `measure: takes no argument such as "more"; see -help`},
	} {
		var stderr strings.Builder
		c := command.New("measure", "a|b", &stderr)
		status, ended := c.Parse(strings.Fields(test.args))
		if status != test.status || ended != test.ended || !strings.Contains(stderr.String(), test.says) || !ended && stderr.Len() > 0 {
			t.Errorf("%q: status %d, ended %t, want %d, %t and %q:\n%s", test.args, status, ended, test.status, test.ended, test.says, stderr.String())
		}
		if ended {
			continue
		}
		all := test.args == ""
		if c.JSON == all || c.Check == all || c.List == all || !c.Chosen.MatchString("a") || c.Chosen.MatchString("c") != all {
			t.Errorf("%q is read as %+v", test.args, c)
		}
	}
}

func TestReport(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		args   string
		passes bool
		err    error
		status int
		prints string
	}{
		{"", true, nil, command.OK, "passed: true\n"},
		{"", false, nil, command.OK, "passed: false\n"},
		{"-check", true, nil, command.OK, "passed: true\n"},
		{"-check", false, nil, command.Bar, "passed: false\n"},
		{"-check -json", false, nil, command.Bar, "{\n  \"Pass\": false\n}\n"},
		{"-check", false, broken, command.Failed, "passed: false\n"},
		{"-check", true, broken, command.Failed, "passed: true\n"},
	} {
		var stdout, stderr strings.Builder
		c := command.New("measure", "a|b", &stderr)
		c.Parse(strings.Fields(test.args))
		err := c.Print(&stdout, figures{test.passes})
		status := c.Measured(figures{test.passes}, test.err)
		said := ""
		if test.err != nil {
			said = "measure: broken\n"
		}
		if err != nil || stdout.String() != test.prints || status != test.status || stderr.String() != said {
			t.Errorf("%+v: error %v, status %d, printed %q and said %q", test, err, status, stdout.String(), stderr.String())
		}
	}
	c := command.New("measure", "a|b", io.Discard)
	if c.Ended(nil) != command.OK || c.Ended(broken) != command.Failed || c.Misused(broken) != command.Usage {
		t.Error("a fault is not told by the status")
	}
}
