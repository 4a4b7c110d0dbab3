package fxevents_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

// undelayed is a transport that does not know delays.
type undelayed struct {
	transport.Transport
	published int
}

func (u *undelayed) Publish(context.Context, transport.Message) error { u.published++; return nil }

// delaying is a transport that keeps the delay of what is published.
type delaying struct {
	transport.Transport
	delays map[string]time.Duration // by event
}

func (*delaying) CanDelay() bool { return true }

func (d *delaying) Publish(ctx context.Context, m transport.Message) error {
	d.delays[m.Event], _ = transport.DelayOf(ctx)
	return nil
}

// A transport of the application that does not know delays ignores none.
func TestEmitWithADelayIsRefused(t *testing.T) {
	x := &undelayed{}
	var emitter *rollcall.Emitter[*placed]
	if err := quietly(publisherOf(&emitter, fxevents.Published()), fx.Provide(func() transport.Transport { return x })).Err(); err != nil {
		t.Fatal(err)
	}
	err := emitter.Emit(transport.WithDelay(t.Context(), time.Hour), &placed{})
	var problem *transport.MessageError
	if !errors.As(err, &problem) || !strings.Contains(err.Error(), "undelayed can't delay: publish through package sqlevents") || x.published > 0 {
		t.Errorf("got %v, published are %d", err, x.published)
	}
	if err := emitter.Emit(t.Context(), &placed{}); err != nil || x.published != 1 {
		t.Errorf("got %v, published are %d", err, x.published)
	}
}

// Listeners in the process run at once. What they emit with their context has the delay, too.
func TestDelayOfWhatAListenerEmits(t *testing.T) {
	x := &delaying{delays: map[string]time.Duration{}}
	var emitter *rollcall.Emitter[*placed]
	var shipping *rollcall.Emitter[*shipped]
	ran := 0
	if err := quietly(publisherOf(&emitter, fxevents.Published()), fx.Provide(func() transport.Transport { return x }),
		fxevents.Event[*shipped]("order.shipped", fxevents.Published()), fx.Populate(&shipping),
		fx.Supply(onPlaced(func(ctx context.Context, p *placed) error {
			ran++
			if p.ID == "now" {
				ctx = transport.WithDelay(ctx, 0)
			}
			return shipping.Emit(ctx, &shipped{})
		})),
		fxevents.Listen(onPlaced.Ship, `id:"ship"`)).Err(); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]time.Duration{"later": time.Hour, "now": 0} {
		if err := emitter.Emit(transport.WithDelay(t.Context(), time.Hour), &placed{id}); err != nil {
			t.Fatal(err)
		}
		if x.delays["order.placed"] != time.Hour || x.delays["order.shipped"] != want {
			t.Errorf("%s: got %v", id, x.delays)
		}
	}
	if ran != 2 {
		t.Errorf("the listener ran %d times", ran)
	}
}

type onPlaced func(context.Context, *placed) error

func (f onPlaced) Ship(ctx context.Context, p *placed) error { return f(ctx, p) }
