package rollcall

// Option changes how a dispatcher treats what its listeners do.
type Option interface{ apply(*policy) }

type policy struct {
	collect, passPanics bool
	parallel            int // how many listeners may run at the same time; 0 and 1: one
	observers           []Observer
	origin              Dispatcher // for listeners that ask; nil: the dispatcher itself
}

type optionFunc func(*policy)

func (f optionFunc) apply(p *policy) { f(p) }

// CollectErrors calls the remaining listeners after one has failed, and
// returns all errors joined. A context that is done still stops.
func CollectErrors() Option { return optionFunc(func(p *policy) { p.collect = true }) }

// PassPanics lets the panic of a listener pass through the dispatch, unchanged.
func PassPanics() Option { return optionFunc(func(p *policy) { p.passPanics = true }) }

// Parallel lets up to limit listeners of one event run at the same time. The
// hints are a partial order: a listener starts when all that a before or after
// puts in front of it have ended, and among those that may start, the order
// decides who goes first. Every first ends before the others start, and every
// last starts after they have ended. Numbers and declared order separate nobody.
// Listeners that no sort has ordered, such as those of a provider.Map or a
// provider.Chain, run one after the other.
//
// The first error cancels the context of the others; all are waited for, and
// that error is returned. With CollectErrors nothing is cancelled. A panic that
// passes does so in the caller's goroutine, once all have ended. A stopped event
// starts no more listeners. With a limit of 1 or less the dispatch is the
// sequential one.
func Parallel(limit int) Option { return optionFunc(func(p *policy) { p.parallel = limit }) }
