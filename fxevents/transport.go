package fxevents

import (
	"errors"
	"fmt"
	"sync"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/transport"
)

// Transport provides the transport.Transport of an application. It is opened by
// fx.New. If it has a method Close() or Close() error, it is closed when the
// application stops, after the receivers, or if the assembly fails:
//
//	fxevents.Transport(func() (*natsevents.Transport, error) { return natsevents.Embedded("events") })
//
// So an application that has stopped can't be started again. If one does not
// start and the process goes on, Fx may run no hook that could close it: if the
// start took too long, stop the application with another context; if a hook before
// those of [Module] has failed, inject the [*Assembly] and call its Close.
//
// A transport that comes from elsewhere, or takes its settings from the
// container, may as well be provided by fx.Provide. What its constructor takes
// must be there: to the container, a transport that lacks something is none.
func Transport[T transport.Transport](open func() (T, error)) fx.Option {
	return fx.Provide(func(m module) (transport.Transport, error) { return opened(m.assembly(), open) })
}

// DefaultTransport is a fallback [Transport], for an application that provides no other
// transport.Transport, or one whose constructor lacks something. It is opened only if
// some listener is asynchronous. Module of
// github.com/rollcall-go/rollcall/transport/natsevents/fxnats is [Module] with an
// embedded JetStream server as the default.
func DefaultTransport[T transport.Transport](open func() (T, error)) fx.Option {
	return fx.Supply(defaultTransport(func(a *Assembly) (transport.Transport, error) { return opened(a, open) }))
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

// closed closes a transport that can be.
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
