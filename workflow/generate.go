package workflow

import "fmt"

// File is a file that is written.
type File struct {
	// Name is its name, such as "payments.guard-express.asl.json".
	Name string
	// Text is what stands in it.
	Text []byte
}

// Generate returns the files of a circuit: the definitions of its state
// machines. The error matches [ErrOptions].
func Generate(name string, optFns ...func(*Options)) ([]File, error) {
	o := defaults()
	for _, fn := range optFns {
		fn(&o)
	}
	if err := o.validate(name); err != nil {
		return nil, err
	}
	c, err := newCircuit(name, o)
	if err != nil {
		return nil, err
	}
	var files []File
	add := func(kind string, m machine, err error) error {
		if err != nil {
			return err
		}
		text, err := indented(m)
		if left := marked.Find(text); left != nil && err == nil {
			err = fmt.Errorf("workflow: %s: the value that %q stands for is not known", kind, left)
		}
		files = append(files, File{Name: fileName(name) + "." + kind + ".asl.json", Text: text})
		return err
	}
	for _, kind := range c.kinds() {
		m, err := kind.write()
		if err := add(kind.name, m, err); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// kind is a state machine that a circuit has.
type kind struct {
	name  string
	write func() (machine, error)
}

// kinds returns the state machines of the circuit.
func (c *circuit) kinds() []kind {
	all := []kind{
		{KindGuardExpress, func() (machine, error) { return c.guard(false) }},
		{KindGuard, func() (machine, error) { return c.guard(true) }},
		{KindHold, c.hold},
	}
	if c.Health != "" {
		all = append(all, kind{KindRecover, c.recovery})
	}
	if c.Park != "" {
		all = append(all, kind{KindRedrive, c.redrive})
	}
	return all
}

// fileName is the name of a circuit as one of a file and of a state machine,
// neither of which may hold every character.
func fileName(circuit string) string {
	name := []byte(circuit)
	for i, b := range name {
		if b == ':' || b == '.' {
			name[i] = '_'
		}
	}
	return string(name)
}
