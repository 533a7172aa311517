package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/recloser-dev/recloser"
)

// The variables that are no rules.
const (
	// EnvPrefix is what the names of all variables begin with.
	EnvPrefix = "RECLOSER_"
	// EnvConfig names the file to read.
	EnvConfig = EnvPrefix + "CONFIG"
	// EnvStore names the store, as [ParseStore] reads it.
	EnvStore = EnvPrefix + "STORE"
	// EnvStorePassword is the password of a store on Valkey, if neither a URL
	// nor password_from says where it is.
	EnvStorePassword = EnvPrefix + "STORE_PASSWORD"
)

// keyStore is the key of the store among the keys that can be overruled.
const keyStore = "store"

// EnvName returns the name of the environment variable of a rule such as
// "open_when.failure_rate", or of "store".
func EnvName(key string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "__"))
}

// Keys returns the keys that a variable or a flag can set: "store", and every
// rule of a policy.
func Keys() []string { return append([]string{keyStore}, rules()...) }

// Flag is a value that a command was given for a key of all circuits, or for the
// store.
type Flag struct {
	// Name is what the user wrote, such as "--store". Errors begin with it.
	Name string
	// Key is one of [Keys].
	Key string
	// Value is the value as it is written in the file without quotation marks;
	// a store is written as [ParseStore] reads it.
	Value string
}

// override is a value that overrules the file.
type override struct {
	key, value string
	source     Source
}

// overrides returns what the environment and the flags set, the weakest first.
func overrides(o Options, found *problems) []override {
	all := fromEnviron(o.Environ, found)
	keys := Keys()
	for _, flag := range o.Flags {
		source := Source{Kind: SourceFlag, Name: flag.Name}
		if !slices.Contains(keys, flag.Key) {
			found.add(&Error{File: flag.Name, Path: flag.Key, Problem: unknownRule(flag.Key, keys)})
			continue
		}
		all = append(all, override{key: flag.Key, value: flag.Value, source: source})
	}
	return all
}

func unknownRule(key string, keys []string) string {
	if best, ok := Closest(key, keys); ok {
		return fmt.Sprintf("unknown key; did you mean %q?", best)
	}
	return "unknown key; a store or a rule of all circuits can be set here, such as open_when.failure_rate"
}

func fromEnviron(environ []string, found *problems) []override {
	keys := Keys()
	var all []override
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, EnvPrefix) || value == "" || name == EnvConfig || name == EnvStorePassword {
			continue
		}
		i := slices.IndexFunc(keys, func(key string) bool { return EnvName(key) == name })
		if i >= 0 {
			all = append(all, override{key: keys[i], value: value, source: Source{Kind: SourceEnvironment, Name: name}})
			continue
		}
		if problem := misspelt(name, keys); problem != "" {
			found.add(&Error{File: name, Problem: problem})
		}
	}
	return all
}

// misspelt says what a variable should have been called, if it seems to be meant
// for a key: other variables that begin with RECLOSER_ are not this package's.
func misspelt(name string, keys []string) string {
	rest := strings.TrimPrefix(name, EnvPrefix)
	grouped := strings.Contains(rest, "__")
	best, least := "", maxGuess
	for _, key := range append([]string{"config"}, keys...) {
		known := strings.TrimPrefix(EnvName(key), EnvPrefix)
		if _, bare, found := strings.Cut(known, "__"); found && rest == bare {
			best, least = key, 0
		}
		if d := apart(rest, known); d < least && (grouped || d <= slips(known)) {
			best, least = key, d
		}
	}
	switch {
	case best != "" && least <= len(rest)/3:
		return "unknown variable; did you mean " + EnvName(best) + "?"
	case grouped:
		return "unknown variable; a rule's is its key in capitals, such as " + EnvName("open_when.failure_rate")
	}
	return ""
}

// slips is how many letters may be wrong in a variable that has no group for it
// to be taken for the known one: it may well be meant for somebody else.
func slips(known string) int {
	if len(known) > 8 {
		return 2
	}
	return 1
}

// apart returns the distance of two names, in which separators do not count.
func apart(a, b string) int {
	if len(a) > maxGuess {
		return maxGuess
	}
	return distance(squash(a), squash(b))
}

// applyStore sets the store to what the strongest override says.
func applyStore(f *File, all []override, found *problems) {
	for _, o := range all {
		if o.key != keyStore {
			continue
		}
		store, err := ParseStore(o.value)
		if err != nil {
			found.add(&Error{File: o.source.Name, Path: keyStore, Problem: storeProblem(err), cause: err})
			continue
		}
		f.Store = store
		from := origins{keyStore: o.source}
		leaves(reflect.ValueOf(store), keyStore, func(path string, _ reflect.Value) { from[path] = o.source })
		for path, source := range f.origins[""] {
			if path != keyStore && !strings.HasPrefix(path, keyStore+".") {
				from[path] = source
			}
		}
		f.origins[""] = from
	}
}

// storeProblem returns the problem of a store without the path it has in a file.
func storeProblem(err error) string {
	for _, field := range recloser.FieldErrors(err) {
		return field.Problem
	}
	return oneLine(err.Error())
}

// readable returns the overrides of rules whose values can be read, and adds what
// is wrong with the others to found.
func readable(all []override, found *problems) []override {
	return slices.DeleteFunc(slices.Clone(all), func(o override) bool {
		if o.key == keyStore {
			return true
		}
		scratch := recloser.DefaultPolicy()
		problem := setScalar(valueAt(reflect.ValueOf(&scratch).Elem(), o.key), o.value, formAny)
		if problem != "" {
			found.add(&Error{File: o.source.Name, Path: o.key, Problem: problem})
		}
		return problem != ""
	})
}

// applyRules sets the rules of one circuit to what overrides say, all of which
// can be read.
func applyRules(c *Circuit, from origins, all []override) {
	for _, o := range all {
		setScalar(valueAt(reflect.ValueOf(&c.Policy).Elem(), o.key), o.value, formAny)
		from[o.key] = o.source
		if group, _, grouped := strings.Cut(o.key, "."); grouped {
			from[group] = o.source
		}
	}
}
