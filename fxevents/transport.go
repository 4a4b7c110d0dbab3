package fxevents

import (
	"fmt"
	"sync"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/internal/source"
	"github.com/rollcall-go/rollcall/transport"
)

// Closer is a transport that is to be closed.
type Closer interface {
	transport.Transport
	Close()
}

// Transport provides the transport.Transport of an application. It is opened by
// fx.New, and closed when the application stops, after the receivers, or where
// the assembly fails:
//
//	fxevents.Transport(func() (*nats.Transport, error) { return nats.Embedded("events") })
//
// A transport that comes from elsewhere, or takes its settings from the
// container, may as well be provided by fx.Provide. What its constructor takes
// must be there: to the container, a transport that lacks something is none.
func Transport[T Closer](open func() (T, error)) fx.Option {
	return fx.Provide(func(m module) (transport.Transport, error) { return opened(m.assembly(), open) })
}

// DefaultTransport is [Transport] for an application that provides no
// transport.Transport otherwise, or one whose constructor lacks something. It
// opens where a listener is asynchronous.
func DefaultTransport[T Closer](open func() (T, error)) fx.Option {
	return fx.Supply(defaultTransport(func(a *Assembly) (transport.Transport, error) { return opened(a, open) }))
}

type defaultTransport func(*Assembly) (transport.Transport, error)

func opened[T Closer](a *Assembly, open func() (T, error)) (transport.Transport, error) {
	t, err := open()
	if err != nil {
		return nil, err // not t, which may be a typed nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.opened = append(a.opened, sync.OnceFunc(t.Close))
	return t, nil
}

// Close closes the transports that Transport and DefaultTransport have opened
// for an application that is not started; one that is closes them when it stops.
// Where the assembly fails, they are closed already.
func (a *Assembly) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, end := range a.opened {
		end()
	}
}

// NoTransportError is an asynchronous listener in an application without a
// transport.
type NoTransportError struct{ Listener, Source string }

func (e *NoTransportError) Error() string {
	return fmt.Sprintf("%s%s is asynchronous, but the application has no transport, or lacks what its constructor takes: give it one by fxevents.Transport, "+
		"such as nats.Embedded of github.com/rollcall-go/rollcall/transport/nats", e.Listener, source.At(e.Source))
}
