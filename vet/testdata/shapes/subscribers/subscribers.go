// Package subscribers has a component that lists its own subscriptions. // want package:"uses rollcall"
package subscribers

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/ordering"
)

type (
	Opened struct{}
	Closed struct{}
)

// Watcher listens to what its fields say.
type Watcher struct{ on []string }

func NewWatcher() *Watcher { return &Watcher{on: []string{"door", "gate"}} }

func (w *Watcher) opened(context.Context, *Opened) error { return nil }

func (w *Watcher) Subscriptions() []rollcall.Listener {
	var list []rollcall.Listener
	for _, name := range w.on {
		list = append(list, rollcall.NewListener[*Opened](name, w.opened))
	}
	last := rollcall.NewListener[*Closed]("watcher.closed", func(*Closed) {})
	last.Placement = ordering.Placement{Labels: []string{"watch"}}
	return append(list, last)
}

// NewSubscriber returns an interface: what it holds is known at run time.
func NewSubscriber() rollcall.Subscriber { return window{} }

type window struct{}

func (window) Subscriptions() []rollcall.Listener {
	return []rollcall.Listener{rollcall.NewListener[*Opened]("window", func(*Opened) {})}
}

// NewListener returns a listener whose ID is known at run time.
func NewListener() rollcall.Listener { return rollcall.NewListener[*Opened]("ready", func(*Opened) {}) }

type Bell struct{}

func NewBell() *Bell { return &Bell{} }

func (*Bell) Ring(*Opened) {}

func (*Bell) Rest(*Closed) {}

// Application names what the subscribers list.
func Application() fx.Option {
	return fx.Options(
		fxevents.Module(fxevents.Sequence("opened", "window", "subscribers.Bell")),
		fxevents.Event[*Opened]("opened"),
		fxevents.Event[*Closed]("closed"),
		fxevents.AsListener(NewWatcher),
		fxevents.AsListener(func() rollcall.Subscriber { return NewSubscriber() }),
		fxevents.AsListener(NewListener, `labels:"ready"`),
		fxevents.AsListener(NewBell, `method:"Ring" after:"gate,ready"`, `method:"Rest" after:"@watch"`),
	)
}
