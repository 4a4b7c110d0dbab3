package fxevents

import (
	"context"
	"sync/atomic"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/provider"
)

// late is the dispatcher that the container provides before the listeners are assembled.
// It lets a listener inject the emitter of its own event.
type late struct {
	bound atomic.Pointer[rollcall.Dispatcher]
	early *early
}

func (l *late) bind(d rollcall.Dispatcher) { l.bound.Store(&d) }

// Unwrap returns the bound dispatcher, or nil if none is bound yet.
func (l *late) Unwrap() rollcall.Dispatcher {
	if d := l.bound.Load(); d != nil {
		return *d
	}
	return nil
}

// Dispatch returns a *NotAssembledError until the dispatcher is bound.
func (l *late) Dispatch(ctx context.Context, ev any) error {
	if d := l.Unwrap(); d != nil {
		return d.Dispatch(ctx, ev)
	}
	l.early.add(ev)
	return &NotAssembledError{}
}

// lateProvider is the provider that the container provides before the real one is built.
type lateProvider struct {
	bound atomic.Pointer[assembled]
}

// assembled is a provider of an application: a *provider.Sorted, or a *provider.Mutable.
type assembled interface {
	rollcall.Provider
	All() []rollcall.Listener
	Events() []provider.EventOrder
}

func (p *lateProvider) bind(to assembled) { p.bound.Store(&to) }

// Listeners returns a *NotAssembledError until the provider is built.
func (p *lateProvider) Listeners(ev any) (*rollcall.Listeners, error) {
	if s := p.bound.Load(); s != nil {
		return (*s).Listeners(ev)
	}
	return nil, &NotAssembledError{}
}

// All returns nil until the provider is built.
func (p *lateProvider) All() []rollcall.Listener {
	if s := p.bound.Load(); s != nil {
		return (*s).All()
	}
	return nil
}

// Events returns nil until the provider is built.
func (p *lateProvider) Events() []provider.EventOrder {
	if s := p.bound.Load(); s != nil {
		return (*s).Events()
	}
	return nil
}
