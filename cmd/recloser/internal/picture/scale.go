package picture

import (
	"math"
	"strconv"
	"time"
)

// scale maps values to pixels.
type scale struct{ from, to, x0, x1 float64 }

func (s scale) at(v float64) float64 {
	return s.x0 + (v-s.from)/(s.to-s.from)*(s.x1-s.x0)
}

// times returns moments that divide a span evenly, about n of them, at whole numbers
// of what a clock shows.
func times(span time.Duration, n int) []time.Duration {
	steps := [...]time.Duration{
		time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour,
	}
	step := steps[len(steps)-1]
	for _, s := range steps {
		if span/s <= time.Duration(n) {
			step = s
			break
		}
	}
	var all []time.Duration
	for t := time.Duration(0); t <= span; t += step {
		all = append(all, t)
	}
	return all
}

// clock writes a moment of a story: 0, 30s, 1m30s, 2h.
func clock(t time.Duration) string {
	if t == 0 {
		return "0"
	}
	text := t.String()
	for _, zero := range [...]string{"m0s", "h0m"} {
		if n := len(text) - len(zero) + 1; n > 0 && text[n-1:] == zero {
			text = text[:n]
		}
	}
	return text
}

// values returns numbers that divide a range from 0 evenly, about n of them, the last
// not less than most.
func values(most float64, n int) []float64 {
	if most <= 0 {
		return []float64{0, 1}
	}
	raw := most / float64(n)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := power
	for _, m := range [...]float64{1, 2, 2.5, 5, 10} {
		if step = m * power; step >= raw && (step < 1 || step == math.Trunc(step)) {
			break
		}
	}
	all := []float64{0}
	for v := step; ; v += step {
		all = append(all, v)
		if v >= most*0.999 {
			return all
		}
	}
}

// short writes the number of a tick.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'g', 3, 64) + "M"
	case v >= 1e4:
		return strconv.FormatFloat(v/1e3, 'g', 3, 64) + "k"
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
