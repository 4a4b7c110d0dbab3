package fxevents

import (
	"errors"
	"fmt"
	"slices"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/internal/source"
	"github.com/rollcall-go/rollcall/transport"
)

// Receive runs asynchronous listeners in this process: those of the receiver
// keys, or of all keys if none is given. It begins when the application starts.
// When that stops, it takes no more events and waits for the listeners that
// run, as long as Fx's stop timeout; what they have not finished then, another
// process receives, or this one when it runs again.
//
// The listeners of one key are called in their order, one event after the
// other unless a [Subscription] says otherwise. Where one fails, the event comes
// again after a while, and all listeners of the key are called again: they must
// bear that, as by transport.Once, or have a key each. Each failure is logged,
// and the event's end as a dead letter: see [Logger].
//
// Where a subscription ends by an error, the application is shut down with
// exit code 1, and Stop returns the error.
func Receive(keys ...string) fx.Option {
	r := receive{keys: slices.Clone(keys), source: source.Caller(0)}
	return fx.Options(
		fx.Provide(fx.Annotated{Group: receiveGroup, Target: func(m module) receive {
			return receive{m.assembly().nextDeclared(), r.keys, r.source} // r may be another application's, too
		}}),
		fx.Invoke(func(*Assembly) {}), // so that a missing Module is told
	)
}

// receive is one call of Receive.
type receive struct {
	declared int
	keys     []string
	source   string
}

// Subscription says how the receivers of a key subscribe: how many events they
// take at once, and how often. Its event is left empty.
func Subscription(s transport.Subscription) Option {
	at := source.Caller(0)
	return optionFunc(func(x *settings) {
		whole := s
		whole.Event = "any"
		_, err := whole.Check()
		switch {
		case s.Event != "" || s.Key == "":
			err = errors.New("it needs a key, and no event: it holds for every event of the key")
		case err == nil:
			x.receivers[s.Key] = receiving{s, at}
			return
		}
		x.problems = append(x.problems, fmt.Errorf("fxevents.Subscription at %s: %w", at, err))
	})
}

// receiving is one call of Subscription.
type receiving struct {
	subscription transport.Subscription
	source       string
}

// Codec encodes and decodes the events of asynchronous listeners, instead of
// JSON. What arrives as JSON is decoded all the same.
func Codec(c transport.Codec) Option { return optionFunc(func(s *settings) { s.codec = c }) }
