package provider

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/tags"
)

// Container is a provider whose listeners come from a dependency injection container. It
// gets a listener by its ID at the first event that needs the listener, and keeps it. The
// order is that of a [Map]. Make one with [NewContainer]: the zero Container can't be
// used.
type Container struct {
	*resolver
	ids   map[event.Key][]string
	get   func(id string) (any, error)
	taken sync.Map // ID → the value that get returned
}

// NewContainer returns a provider of the listeners with these IDs. It copies ids. It
// returns an error only if get is nil.
//
// The function get returns the container's value for an ID: a Listener, a function, or a
// value with a Handle method, see [rollcall.FromValue]. The ID and its key in the map
// replace those of a Listener, and its placement is ignored. The function may be called
// concurrently, and a panic in it becomes an error.
func NewContainer(ids map[event.Key][]string, get func(id string) (any, error)) (*Container, error) {
	if get == nil {
		return nil, errors.New("a provider.Container needs a function that takes listeners by ID: it is nil")
	}
	p := &Container{ids: map[event.Key][]string{}, get: get}
	keys := sortedKeys(ids, func(ids []string) string { return strings.Join(ids, ",") })
	for _, k := range keys {
		p.ids[k] = slices.Clone(ids[k])
	}
	p.resolver = &resolver{matcher: newMatcher(nil, keys), order: func(_ event.Key, keys []event.Key) (rollcall.Spec, error) { return p.take(keys) }}
	return p, nil
}

// Listeners returns the listeners of ev. The error joins a *ContainerError for each
// listener that is not available, and the next event tries again. If several first events
// arrive at once, each may get the same ID from the container; one result is kept. If ev
// is nil, the error is a *rollcall.NilError.
func (p *Container) Listeners(ev any) (*rollcall.Listeners, error) { return p.resolver.Listeners(ev) }

func (p *Container) take(keys []event.Key) (rollcall.Spec, error) {
	var spec rollcall.Spec
	var problems []error
	for _, k := range keys {
		for _, id := range p.ids[k] {
			l, err := p.takeOne(id, k)
			if err != nil {
				problems = append(problems, &ContainerError{ID: id, Event: k, Err: err})
				continue
			}
			spec.Listeners = append(spec.Listeners, &l)
		}
	}
	return spec, errors.Join(problems...)
}

// value returns the kept value for the ID, or calls get and keeps the result. A panic in
// get becomes an error.
func (p *Container) value(id string) (value any, err error) {
	if value, ok := p.taken.Load(id); ok {
		return value, nil
	}
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("panic: %v", value)
		}
	}()
	if value, err = p.get(id); err == nil {
		value, _ = p.taken.LoadOrStore(id, value)
	}
	return value, err
}

func (p *Container) takeOne(id string, key event.Key) (rollcall.Listener, error) {
	value, err := p.value(id)
	if err != nil {
		return rollcall.Listener{}, err
	}
	fields := tags.Fields{ID: id}
	if _, lists := value.(rollcall.Subscriber); lists {
		fields.ID = "" // otherwise all its listeners would get the same ID
	}
	listeners, err := rollcall.FromValue(value, fields)
	if err != nil {
		return rollcall.Listener{}, err
	}
	if n := len(listeners); n != 1 {
		return rollcall.Listener{}, fmt.Errorf("it lists %d subscriptions, not one: make the container return one listener for this ID", n)
	}
	l := listeners[0]
	l.ID, l.Event = id, key
	return l, mistaken([]rollcall.Listener{l})
}
