package fxevents

import (
	"errors"
	"fmt"
	"sync"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/transport"
)

// Transport provides the transport.Transport of an application. Its argument is a function
// that returns a transport, or a transport and an error. The function may have any
// parameters that Fx can provide:
//
//	fx.Provide(openDatabase, connect), // a *sql.DB and a *natsevents.Transport
//	fxevents.Transport(func(db *sql.DB, broker *natsevents.Transport) (*sqlevents.Transport, error) {
//		return sqlevents.New(db, sqlevents.PostgreSQL, broker)
//	}),
//
// The transport is also provided by the type that the function returns, here
// *sqlevents.Transport. Both are the same value. fx.New opens it, even if no listener is
// asynchronous.
//
// If the transport has a method Close() or Close() error, it is closed when the application
// stops, or if the assembly fails. It is closed after the receivers have ended, and before
// the stop hooks of the parameters, such as one that closes the database. Pass [Module]
// before what emits, so that what emits is stopped before the transport is closed.
//
// If fx.Replace or fx.Decorate replaces the transport.Transport, and nothing else takes the
// type that the function returns, the function is not called.
//
// An application that has stopped can't be started again. If Start fails and the process
// goes on, Fx may leave the transport open. If Start took too long, call Stop with a new
// context. If a hook before those of [Module] failed, inject the [*Assembly] and call its
// Close.
//
// A function of another form is reported by fx.New, in an [*AssemblyError]. For a parameter
// that nothing provides, fx.New returns the container's error.
func Transport(constructor any) fx.Option {
	at := callsite.Caller(0)
	return fx.Options(
		fx.Provide(transportBy(constructor, at)...),
		needsModule("fxevents.Transport", at),
	)
}

// DefaultTransport provides a fallback for [Transport]. It is opened only if some listener
// is asynchronous and the application provides no transport.Transport. A constructor of plain
// fx.Provide whose parameters are missing counts as none. It is closed like a Transport. Module of
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
	a.closeAtTheEnd(t)
	return t, nil
}

// closeAtTheEnd makes Close close a transport, once.
func (a *Assembly) closeAtTheEnd(t transport.Transport) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.opened = append(a.opened, sync.OnceValue(func() error { return closed(t) }))
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

// closeOnce is Close for hooks: a later one returns nil.
func (a *Assembly) closeOnce() error {
	if a.isClosed() {
		return nil
	}
	return a.Close()
}

func (a *Assembly) isClosed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed
}
