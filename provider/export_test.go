package provider

// Remembered is the number of joined lists that the chain remembers, or one more
// for each that several goroutines have joined at once.
func (c *Chain) Remembered() int { return int(c.state.Load().count.Load()) }
