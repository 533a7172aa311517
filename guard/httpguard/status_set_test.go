package httpguard_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser/guard/httpguard"
)

func TestParseStatusSet(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "5xx,429": "429, 5xx", " 503 , 5XX": "5xx", "404": "404", "100,599": "100, 599", "4xx,404": "4xx",
		"1xx,2xx,3xx,4xx,5xx": "1xx, 2xx, 3xx, 4xx, 5xx", "501,500": "500, 501",
	} {
		var s httpguard.StatusSet
		if err := s.UnmarshalText([]byte(text)); err != nil || s.String() != want {
			t.Errorf("%q is read as %q, %v, want %q", text, s, err, want)
		}
	}
}

func TestParseStatusSetOfNonsense(t *testing.T) {
	for _, status := range []string{
		"", " 500", "6xx", "0xx", "xxx", "5x", "50x", "5xx5", "99", "600", "1000", "+50", "-50", "5_0", "5.0", "0x1f", "५००",
		"!501", "500-504", "5xx,429", strings.Repeat("5", 1000),
	} {
		_, err := httpguard.ParseStatusSet("200", status)
		if !errors.Is(err, httpguard.ErrStatus) || !strings.Contains(err.Error(), "class from 1xx to 5xx") || len(err.Error()) > 200 {
			t.Errorf("the error of %q is %v", status, err)
		}
	}
	kept := httpguard.MustParseStatusSet("404")
	if err := kept.UnmarshalText([]byte("500,nonsense")); err == nil || kept != httpguard.MustParseStatusSet("404") {
		t.Errorf("the set became %v, with %v", kept, err)
	}
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, httpguard.ErrStatus) {
			t.Errorf("the panic is %v", err)
		}
	}()
	httpguard.MustParseStatusSet("nonsense")
}

func TestStatusSetProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		codes := rapid.SliceOf(rapid.IntRange(100, 599)).Draw(t, "codes")
		classes := rapid.SliceOfN(rapid.IntRange(1, 5), 0, 3).Draw(t, "classes")
		var specs []string
		for _, code := range codes {
			specs = append(specs, strconv.Itoa(code))
		}
		for _, class := range classes {
			specs = append(specs, strconv.Itoa(class)+"xx")
		}
		s, err := httpguard.ParseStatusSet(specs...)
		if err != nil {
			t.Fatal(err)
		}
		for code := -1; code < 1200; code++ {
			asked := code
			if code < 100 || code > 599 {
				asked = 500
			}
			want := slices.Contains(codes, asked) || slices.Contains(classes, asked/100)
			if got := s.Contains(code); got != want {
				t.Fatalf("%v contains %d: %t", s, code, got)
			}
		}
		text, err := json.Marshal(s)
		var again httpguard.StatusSet
		if err != nil || json.Unmarshal(text, &again) != nil || again != s {
			t.Fatalf("%s was read as %v, %v", text, again, err)
		}
	})
}
