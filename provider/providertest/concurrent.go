package providertest

import (
	"fmt"
	"sync"

	"github.com/rollcall-go/rollcall"
)

const (
	goroutines = 8
	rounds     = 20
)

// checkConcurrent uses several new providers, because a provider may treat the first
// event of a type differently.
func checkConcurrent(x *trial) {
	given := everybody()
	for range rounds {
		p := x.built(given...)
		err := meanwhile(func(<-chan struct{}) error { return x.use(p, given) }, func() {})
		if err != nil {
			x.broken("%v", err)
			return
		}
	}
}

// checkConcurrentAdding changes the provider while other goroutines use it.
func checkConcurrentAdding(x *trial) {
	if !x.changes() {
		return
	}
	given := everybody()
	p := x.built(given...)
	err := meanwhile(
		func(done <-chan struct{}) error { return until(done, func() error { return x.use(p, given) }) },
		func() { x.addSome(p) })
	if err != nil {
		x.broken("%v", err)
	}
}

func (x *trial) addSome(p rollcall.Provider) {
	for i := range rounds {
		if remove := x.added(p, on[change](fmt.Sprint("added ", i))); remove != nil {
			remove()
		}
	}
}

// use asks the provider for listeners and calls them. It returns an error for the first
// wrong answer. An answer may have added listeners or not.
func (x *trial) use(p rollcall.Provider, given []rollcall.Listener) error {
	for _, s := range samples() {
		got := ask(p, s.event)
		if !x.isOtherwise(got, given, s) {
			return fmt.Errorf("meanwhile Listeners gave %v for a %v: want %s", got, s, names(audience(given, s.event)))
		}
		if err := call(got.list, s); err != nil {
			return err
		}
	}
	x.askMore(p)
	return nil
}

// meanwhile runs f in several goroutines and do in this one, all starting together. It
// closes done when do returns. It waits for all goroutines and returns the first error of
// f.
func meanwhile(f func(done <-chan struct{}) error, do func()) error {
	var first error
	var once sync.Once
	var ready, all sync.WaitGroup
	done := make(chan struct{})
	ready.Add(goroutines)
	for range goroutines {
		all.Go(func() {
			ready.Done()
			ready.Wait()
			if err := f(done); err != nil {
				once.Do(func() { first = err })
			}
		})
	}
	func() {
		defer all.Wait()
		defer close(done) // even if do ends the test
		ready.Wait()
		do()
	}()
	return first
}

// until calls f at least once, and repeats it until f fails or done is closed.
func until(done <-chan struct{}, f func() error) error {
	for {
		if err := f(); err != nil {
			return err
		}
		select {
		case <-done:
			return nil
		default:
		}
	}
}
