package fxevents

import (
	"errors"
	"fmt"
	"sync"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/transport"
)

// Transport provides the transport.Transport of an application. fx.New opens it, even if no
// listener is asynchronous. If it has a method Close() or Close() error, it is closed when
// the application stops, after the receivers, or if the assembly fails:
//
//	fxevents.Transport(func() (*natsevents.Transport, error) { return natsevents.Embedded("events") })
//
// An application that has stopped can't be started again. If Start fails and the process
// goes on, Fx may leave the transport open. If Start took too long, call Stop with a new
// context. If a hook before those of [Module] failed, inject the [*Assembly] and call its
// Close.
//
// If the transport needs settings from the container, pass its constructor to fx.Provide
// instead, and close it yourself. If the container lacks something that the constructor
// takes, the application counts as one without a transport.
func Transport[T transport.Transport](open func() (T, error)) fx.Option {
	return fx.Options(
		fx.Provide(func(m module) (transport.Transport, error) { return opened(m.assembly(), open) }),
		needsModule("fxevents.Transport", callsite.Caller(0)),
	)
}

// DefaultTransport provides a fallback for [Transport]. It is opened only if some listener
// is asynchronous and the application has no other transport.Transport, or lacks something
// that the constructor of the other takes. It is closed like a Transport. Module of
// github.com/rollcall-go/rollcall/transport/natsevents/fxnats is [Module] with an embedded
// JetStream server as the fallback.
func DefaultTransport[T transport.Transport](open func() (T, error)) fx.Option {
	return fx.Options(
		fx.Supply(defaultTransport(func(a *Assembly) (transport.Transport, error) { return opened(a, open) })),
		needsModule("fxevents.DefaultTransport", callsite.Caller(0)),
	)
}

type defaultTransport func(*Assembly) (transport.Transport, error)

func opened[T transport.Transport](a *Assembly, open func() (T, error)) (transport.Transport, error) {
	t, err := open()
	if err != nil {
		return nil, err // not t, which may be a typed nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.opened = append(a.opened, sync.OnceValue(func() error { return closed(t) }))
	return t, nil
}

// closed closes a transport that has a method Close.
func closed(t transport.Transport) error {
	switch t := t.(type) {
	case interface{ Close() }:
		t.Close()
	case interface{ Close() error }:
		if err := t.Close(); err != nil {
			return fmt.Errorf("rollcall: closing the transport: %w", err)
		}
	}
	return nil
}

// Close closes the transports that Transport and DefaultTransport have opened, and
// returns their errors. Call it for an application that is never started: one that is
// started closes them when it stops. If the assembly fails, they are already closed.
func (a *Assembly) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = len(a.opened) > 0
	var problems []error
	for _, end := range a.opened {
		problems = append(problems, end())
	}
	return errors.Join(problems...)
}

func (a *Assembly) isClosed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed
}
