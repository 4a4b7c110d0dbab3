package provider

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/tags"
)

// Container is a provider of listeners that it takes by ID from a container,
// at the first event that needs them. What it has taken it keeps.
type Container struct {
	table  *table
	ids    map[event.Key][]string
	getter Getter
	taken  sync.Map // ID → what the getter gave
}

// NewContainer makes a provider of the IDs, whose order is that of [Map].
// Neither map nor lists are kept.
func NewContainer(ids map[event.Key][]string, g Getter) *Container {
	p := &Container{ids: map[event.Key][]string{}, getter: g}
	keys := sortedKeys(ids, func(ids []string) string { return strings.Join(ids, ",") })
	for _, k := range keys {
		p.ids[k] = append([]string(nil), ids[k]...)
	}
	p.table = newTable(newMatcher(nil, keys), p.take)
	p.table.retry = true
	return p
}

// Listeners gives the listeners of ev. Where the container fails, the error
// joins a *ContainerError for each listener that it could not give, and the
// next event asks again; first events that come at once may each ask. It is a *NoEventError for nil.
func (p *Container) Listeners(ev any) (*List, error) { return p.table.lookup(ev) }

// ListenersOf gives the listeners of the events of type t, Forever.
func (p *Container) ListenersOf(t reflect.Type) (*List, Validity, error) {
	return p.table.lookupType(t, Forever)
}

func (p *Container) take(keys []event.Key) (*List, error) {
	var listeners []Listener
	var problems []error
	for _, k := range keys {
		for _, id := range p.ids[k] {
			l, err := p.takeOne(id, k)
			if err != nil {
				problems = append(problems, &ContainerError{ID: id, Event: k, Err: err})
				continue
			}
			listeners = append(listeners, l)
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return newList(pointers(listeners), nil), nil
}

// get takes what was not taken before, and turns a panic of the container, or of a
// constructor that it runs, into an error.
func (p *Container) get(id string) (value any, err error) {
	if value, ok := p.taken.Load(id); ok {
		return value, nil
	}
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("panic: %v", value)
		}
	}()
	if value, err = p.getter.Get(id); err == nil {
		value, _ = p.taken.LoadOrStore(id, value)
	}
	return value, err
}

func (p *Container) takeOne(id string, key event.Key) (Listener, error) {
	value, err := p.get(id)
	if err != nil {
		return Listener{}, err
	}
	fields := tags.Fields{ID: id}
	if _, lists := value.(Subscriber); lists {
		fields.ID = "" // which would be that of all
	}
	listeners, err := FromValue(value, fields)
	if err != nil {
		return Listener{}, err
	}
	if n := len(listeners); n != 1 {
		return Listener{}, fmt.Errorf("it lists %d subscriptions, not one: have the container give one listener by this ID", n)
	}
	l := listeners[0]
	l.ID, l.Event = id, key
	return l, mistaken([]Listener{l})
}
