package fxevents

import (
	"reflect"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/provider"
)

// lateProvider is the provider that the container has before it is built.
type lateProvider struct {
	bound atomic.Pointer[provider.Ordered]
}

// Listeners gives a *NotAssembledError until the provider is built.
func (p *lateProvider) Listeners(ev any) (*provider.List, error) {
	if o := p.bound.Load(); o != nil {
		return o.Listeners(ev)
	}
	return nil, &NotAssembledError{}
}

// ListenersOf gives a *NotAssembledError until the provider is built.
func (p *lateProvider) ListenersOf(t reflect.Type) (*provider.List, provider.Validity, error) {
	if o := p.bound.Load(); o != nil {
		return o.ListenersOf(t)
	}
	return nil, provider.OncePerEvent, &NotAssembledError{}
}

// All gives nil until the provider is built.
func (p *lateProvider) All() []provider.Listener {
	if o := p.bound.Load(); o != nil {
		return o.All()
	}
	return nil
}
