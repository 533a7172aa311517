package explorer

import (
	"fmt"
	"math/rand/v2"
)

// Walk takes n random ways of the given length with real breakers, and holds each
// step against the states that were found for it by others. It returns the
// number of steps.
func Walk(c Config, seed uint64, n, length int) (int, error) {
	x := newSpace(c)
	coin := rand.New(rand.NewPCG(seed, 1))
	steps := 0
	for range n {
		l := x.live()
		var path []choice
		for range length {
			all := x.choices(l.state, nil)
			if len(all) == 0 {
				break
			}
			way := all[coin.IntN(len(all))]
			path = append(path, way)
			if err := l.take(way); err != nil {
				l.stop()
				return steps, fmt.Errorf("%w after %+v", err, path)
			}
			steps++
		}
		l.stop()
	}
	return steps, nil
}
