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
	express, err := c.guard(false)
	if err := add("guard-express", express, err); err != nil {
		return nil, err
	}
	standard, err := c.guard(true)
	if err := add("guard", standard, err); err != nil {
		return nil, err
	}
	return files, nil
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
