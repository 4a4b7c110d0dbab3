package rollcall

import (
	"context"
	"fmt"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/source"
)

// publication is what a dispatch does for asynchronous listeners: the first of them
// in a list publishes the event for all of those that share it.
type publication struct {
	publish func(context.Context, any) error
}

// publishes reports whether the listener at index i is the first of its publication,
// whose listeners stand together.
func publishes(listeners []*Listener, i int) bool {
	p := listeners[i].publication
	return p != nil && (i == 0 || listeners[i-1].publication != p)
}

// published returns the listener as it stands in a list of the event: an asynchronous
// one with its publication, which is that of the other asynchronous ones if it has
// none yet.
func published(l *Listener, p *publication) *Listener {
	if (l.Async == "") == (l.publication == nil) {
		return l
	}
	placed := *l
	placed.publication = nil
	if l.Async != "" {
		placed.publication = p
	}
	return &placed
}

// checkAsync returns nil, or an *AsyncError that says why the listener can't be
// asynchronous for the event.
func (d Declaration) checkAsync(l *Listener) error {
	switch {
	case l.Async == "" || l.publication != nil:
		return nil
	case l.once != nil:
		return &AsyncError{l.ID, l.Source, "is for one event only, which its receivers can't know of each other: drop rollcall.Once, or the tag's async"}
	case l.Event.IsInterface():
		return &AsyncError{l.ID, l.Source, fmt.Sprintf("listens to the interface %v: it must listen to one type, which what arrives is decoded to", l.Event)}
	case d.Publish == nil && d.Key == event.Key{}:
		return &AsyncError{l.ID, l.Source, "only a provider that provider.Build makes publishes events: drop the tag's async"}
	case d.Publish == nil:
		return &AsyncError{l.ID, l.Source, fmt.Sprintf("its event %v%s has no name by which it could leave the process: declare it with one", l.Event, source.At(d.Source))}
	}
	return nil
}
