package httpguard

import (
	"math"
	"math/big"
	"net/http"
	"testing"
	"time"
)

var epoch = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	at := func(d time.Duration) string { return epoch.Add(d).Format(http.TimeFormat) }
	for name, row := range map[string]struct {
		value, date string
		want        time.Duration
	}{
		"none":                   {"", "", 0},
		"seconds":                {"120", "", 2 * time.Minute},
		"zero":                   {"0", "", 0},
		"leading zeros":          {"007", "", 7 * time.Second},
		"spaces":                 {" 5\t", "", 5 * time.Second},
		"a day":                  {"86400", "", 24 * time.Hour},
		"more than a day":        {"86401", "", 24 * time.Hour},
		"32 bits":                {"4294967295", "", 24 * time.Hour},
		"more than 32 bits":      {"4294967296", "", 24 * time.Hour},
		"more than 64 bits":      {"99999999999999999999999", "", 24 * time.Hour},
		"negative":               {"-5", "", 0},
		"signed":                 {"+5", "", 0},
		"fraction":               {"1.5", "", 0},
		"exponent":               {"1e3", "", 0},
		"unit":                   {"5s", "", 0},
		"two":                    {"5, 6", "", 0},
		"other digits":           {"५", "", 0},
		"nonsense":               {"soon", "", 0},
		"date":                   {at(time.Minute), "", time.Minute},
		"date, RFC 850":          {epoch.Add(time.Minute).Format("Monday, 02-Jan-06 15:04:05 GMT"), "", time.Minute},
		"date, ANSI C":           {epoch.Add(time.Minute).Format(time.ANSIC), "", time.Minute},
		"date in the past":       {at(-time.Minute), "", 0},
		"date far ahead":         {at(100 * 24 * time.Hour), "", 24 * time.Hour},
		"last date":              {"Fri, 31 Dec 9999 23:59:59 GMT", "", 24 * time.Hour},
		"first date":             {"Sat, 01 Jan 0000 00:00:00 GMT", "", 0},
		"sender's clock ahead":   {at(2 * time.Hour), at(2*time.Hour - 30*time.Second), 30 * time.Second},
		"sender's clock behind":  {at(-2 * time.Hour), at(-2*time.Hour - 30*time.Second), 30 * time.Second},
		"date not after Date":    {at(time.Minute), at(time.Hour), 0},
		"Date is nonsense":       {at(time.Minute), "yesterday", time.Minute},
		"seconds ignore Date":    {"5", at(time.Hour), 5 * time.Second},
		"local time is no date":  {epoch.Add(time.Minute).Format(time.RFC3339), "", 0},
		"other zone is no date":  {epoch.Add(time.Minute).Format(time.RFC1123Z), "", 0},
		"far ahead, Date behind": {"Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0000 00:00:00 GMT", 24 * time.Hour},
	} {
		header := http.Header{}
		if row.value != "" {
			header.Set("Retry-After", row.value)
		}
		if row.date != "" {
			header.Set("Date", row.date)
		}
		if got := retryAfter(header, epoch); got != row.want {
			t.Errorf("%s: %q with Date %q is %v, want %v", name, row.value, row.date, got, row.want)
		}
	}
}

// FuzzRetryAfter holds every header to the bounds, and every number to what it
// says.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "120", "-1", "1.5", "99999999999999999999", "Wed, 25 Nov 2026 12:01:00 GMT", " 5 "} {
		f.Add(value, "")
		f.Add(value, "Wed, 25 Nov 2026 12:00:30 GMT")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		got := retryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, epoch)
		if got < 0 || got > longestRetryAfter {
			t.Fatalf("%q with Date %q is %v", value, date, got)
		}
		digits := value != ""
		for _, r := range value {
			digits = digits && '0' <= r && r <= '9'
		}
		if digits {
			n, _ := new(big.Int).SetString(value, 10)
			seconds := int64(math.MaxInt64)
			if n.IsInt64() {
				seconds = n.Int64()
			}
			if want := time.Duration(min(seconds, 86400)) * time.Second; got != want {
				t.Fatalf("%q is %v, want %v", value, got, want)
			}
		}
	})
}
