package provider

import "errors"

// Filter gives those listeners of a provider that a predicate admits, as for
// access control. Of asynchronous listeners it says for which an event is
// published; whoever receives it has all of its key.
type Filter struct {
	provider Provider
	admits   func(ev any, l Listener) bool
}

// NewFilter filters p. The predicate is asked for each listener at each event;
// it may be called concurrently.
func NewFilter(p Provider, admits func(ev any, l Listener) bool) *Filter {
	return &Filter{provider: p, admits: admits}
}

// Listeners gives the listeners of ev that the predicate admits. It allocates
// a list where it leaves one out. The error is that of the provider.
func (f *Filter) Listeners(ev any) (*List, error) {
	if f.provider == nil || f.admits == nil {
		return nil, errors.New("a filter needs a provider and a predicate")
	}
	list, err := f.provider.Listeners(ev)
	if err != nil {
		return nil, err
	}
	var left []int // indexes of the admitted, from the first that is left out
	for i, l := range list.All() {
		switch admitted := f.admits(ev, l); {
		case !admitted && left == nil:
			left = upTo(i, list.Len())
		case admitted && left != nil:
			left = append(left, i)
		}
	}
	if left == nil {
		return list, nil
	}
	return list.only(left), nil
}

// upTo is 0 to n-1, with room for more.
func upTo(n, room int) []int {
	s := make([]int, n, room)
	for i := range s {
		s[i] = i
	}
	return s
}

// All gives all listeners of the provider, if it can name them: which of them an
// event reaches, the predicate says then.
func (f *Filter) All() []Listener { return All(f.provider) }
