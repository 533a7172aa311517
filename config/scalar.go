package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/recloser-dev/recloser"
)

// form is how a scalar was written.
type form uint8

const (
	// formAny is a variable or a flag, which is text and nothing else.
	formAny form = iota
	formText
	formNumber
	formNull
	formOther // true, .inf and the like
	formGroup // no scalar but a list or a mapping
)

// scalarOf returns the text of a scalar as it was written, and its form.
func scalarOf(node ast.Node) (string, form) {
	switch node := node.(type) {
	case *ast.StringNode:
		return node.Value, formText
	case *ast.LiteralNode:
		return node.Value.Value, formText
	case *ast.IntegerNode:
		return node.Token.Value, formNumber
	case *ast.FloatNode:
		return node.Token.Value, formNumber
	case *ast.NullNode:
		return "", formNull
	case ast.ScalarNode:
		return start(node).Value, formOther
	}
	return describe(node), formGroup
}

// The patterns of values, which the schema has too.
const (
	sharePattern    = `^(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)%$`
	durationPattern = `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`
	integerPattern  = `^-?(0|[1-9][0-9]*)$`
	numberPattern   = `^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`
)

var (
	shareRegexp    = regexp.MustCompile(sharePattern)
	durationRegexp = regexp.MustCompile(durationPattern)
	integerRegexp  = regexp.MustCompile(integerPattern)
	numberRegexp   = regexp.MustCompile(numberPattern)
)

// setScalar sets into to what text says, or returns what is wrong with it.
func setScalar(into reflect.Value, text string, form form) string {
	switch form {
	case formNull:
		return "is empty; write a value, or leave the key out"
	case formGroup:
		return "must be a single value, not " + text
	case formAny, formText, formNumber, formOther:
	}
	switch v := into.Addr().Interface().(type) {
	case *recloser.Share:
		return setShare(v, text)
	case *time.Duration:
		return setDuration(v, text)
	case *int:
		return setInt(v, text, form)
	case *uint64:
		return setUint(v, text, form)
	case *float64:
		return setFloat(v, text, form)
	case *bool:
		return setBool(v, text, form)
	}
	if form == formNumber || form == formOther {
		return fmt.Sprintf("must be text, not %s; write it in quotation marks if it is meant", shown(text))
	}
	if v, ok := textual(into); ok {
		if err := v.UnmarshalText([]byte(text)); err != nil {
			return oneLine(err.Error())
		}
		return ""
	}
	into.SetString(text)
	return ""
}

func setShare(into *recloser.Share, text string) string {
	if err := into.UnmarshalText([]byte(text)); err != nil {
		return oneLine(err.Error())
	}
	if !shareRegexp.MatchString(text) {
		return fmt.Sprintf("a share is written as a plain percentage such as 50%% or 99.9%%, not %.40q", text)
	}
	return ""
}

func setDuration(into *time.Duration, text string) string {
	d, err := time.ParseDuration(text)
	if err != nil || !durationRegexp.MatchString(text) {
		return fmt.Sprintf("a duration is written with its unit such as 30s, 200ms or 5m, not %.40q", text)
	}
	*into = d
	return ""
}

func setInt(into *int, text string, form form) string {
	n, err := strconv.Atoi(text)
	if form == formText && integerRegexp.MatchString(text) {
		return "must be a number, not text; leave out the quotation marks"
	}
	if err != nil || form == formText || form == formOther || !integerRegexp.MatchString(text) {
		return fmt.Sprintf("must be a whole number such as 10, not %.40q", text)
	}
	*into = n
	return ""
}

func setUint(into *uint64, text string, form form) string {
	n, err := strconv.ParseUint(text, 10, 64)
	if form == formText && integerRegexp.MatchString(text) {
		return "must be a number, not text; leave out the quotation marks"
	}
	if err != nil || form == formText || form == formOther || !integerRegexp.MatchString(text) {
		return fmt.Sprintf("must be a whole number from 0 to 2^64-1, not %.40q", text)
	}
	*into = n
	return ""
}

func setFloat(into *float64, text string, form form) string {
	f, err := strconv.ParseFloat(text, 64)
	if form == formText && numberRegexp.MatchString(text) {
		return "must be a number, not text; leave out the quotation marks"
	}
	if err != nil || form == formText || form == formOther || !numberRegexp.MatchString(text) {
		return fmt.Sprintf("must be a number such as 1.5, not %.40q", text)
	}
	*into = f
	return ""
}

func setBool(into *bool, text string, form form) string {
	known := text == "true" || text == "false"
	if form == formText && known {
		return "must be true or false, not text; leave out the quotation marks"
	}
	if !known || form == formText {
		return fmt.Sprintf("must be true or false, not %.40q", text)
	}
	*into = text == "true"
	return ""
}
