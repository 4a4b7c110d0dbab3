package rollcall

import "reflect"

// Provider answers which listeners an event has, and in which order. Package
// provider has the usual kinds. A provider of your own makes its answers with
// [NewListeners] and checks itself with package providertest.
type Provider interface {
	// Listeners returns the listeners to call for ev, in order. Nil means that
	// there are none. An error means that the listeners can't be had now, as if a
	// container fails to build one. The event then reaches nobody. Listeners may
	// be called concurrently.
	//
	// Dispatchers and emitters remember an answer for as long as it holds, see
	// [Spec], so Listeners need not be fast.
	Listeners(ev any) (*Listeners, error)
}

// Lister is a Provider that can list all its listeners, in an order of its own.
type Lister interface {
	All() []Listener
}

// Subscriber is a value that lists its own subscriptions: one or several functions,
// each for an event, each with an ID and a placement of its own.
type Subscriber interface {
	Subscriptions() []Listener
}

// Remember returns a provider that asks p once for each type of event, and again when
// the answer does not hold any more. Dispatchers do that by themselves. It is for
// providers that are made of others and answer anew for each event.
func Remember(p Provider) Provider {
	return &memory{answers: newAnswers(p, func(l *Listeners, _ reflect.Type) answer { return answer{list: l} })}
}

type memory struct{ *answers }

// Listeners returns what is remembered, or asks.
func (m *memory) Listeners(ev any) (*Listeners, error) {
	if a, ok := m.known(ev); ok {
		return a.list, nil
	}
	a, err := m.ask(ev)
	return a.list, err
}
