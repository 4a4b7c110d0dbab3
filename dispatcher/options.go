package dispatcher

// Option changes how a dispatcher treats what its listeners do.
type Option interface{ apply(*policy) }

type policy struct{ collect, passPanics bool }

type optionFunc func(*policy)

func (f optionFunc) apply(p *policy) { f(p) }

// CollectErrors calls the remaining listeners after one has failed, and
// returns all errors joined. A context that is done still stops.
func CollectErrors() Option { return optionFunc(func(p *policy) { p.collect = true }) }

// PassPanics lets the panic of a listener through, as it is.
func PassPanics() Option { return optionFunc(func(p *policy) { p.passPanics = true }) }
