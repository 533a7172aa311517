package recloser

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Share is a part of a whole, from 0 to 1. It is written as a percentage:
// "50%", "99.9%".
type Share float64

// String returns s as a percentage.
func (s Share) String() string {
	return strconv.FormatFloat(math.Round(float64(s)*1e8)/1e6, 'f', -1, 64) + "%"
}

// MarshalText returns s as a percentage, as [Share.String] does.
func (s Share) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a percentage from 0% to 100%. The sign is required, so
// that nobody has to guess whether 0.5 is a half or half a percent.
func (s *Share) UnmarshalText(text []byte) error {
	digits, found := strings.CutSuffix(strings.TrimSpace(string(text)), "%")
	if !found {
		return fmt.Errorf("a share is written as a percentage such as 50%%, not %.40q", text)
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if err != nil || math.IsNaN(f) {
		return fmt.Errorf("a share is written as a percentage such as 50%%, not %.40q", text)
	}
	if f < 0 || f > 100 {
		return fmt.Errorf("a share is between 0%% and 100%%, not %.40q", text)
	}
	// A hundredth of a rounded number is not always the number nearest to what
	// was written: 99.9 / 100 is not 0.999.
	share, err := strconv.ParseFloat(strings.TrimSpace(digits)+"e-2", 64)
	if err != nil {
		share = f / 100 // It has an exponent already.
	}
	*s = Share(math.Abs(share)) // Of -0%.
	return nil
}
