package monitor

import (
	"math"
	"math/rand/v2"
)

// sampler n takes one of n dispatches, chosen at random.
type sampler uint32

func newSampler(every int) sampler { return sampler(min(max(1, every), math.MaxInt32)) }

func (s sampler) takes() bool { return s == 1 || rand.Uint32N(uint32(s)) == 0 }
