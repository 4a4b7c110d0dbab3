package inspect

import "math/rand/v2"

// sampler takes one of so many, by chance.
type sampler uint32

func (s sampler) takes() bool { return s == 1 || rand.Uint32N(uint32(s)) == 0 }
