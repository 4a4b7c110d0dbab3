package otelevents_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/otelevents"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

// tracing has the process propagate trace context for the time of a test.
func tracing(t *testing.T) {
	before := otel.GetTextMapPropagator()
	otel.SetTextMapPropagator(propagation.TraceContext{})
	t.Cleanup(func() { otel.SetTextMapPropagator(before) })
}

type ordered struct{ ID string }

type mailer struct{ received chan struct{} }

func (m *mailer) OnOrdered(context.Context, *ordered) error { close(m.received); return nil }

// What receives an event is in the trace of what dispatched it.
func TestTransport(t *testing.T) {
	tracing(t)
	o, m := newTelemetry(), &mailer{make(chan struct{})}
	var emitter *rollcall.Emitter[*ordered]
	app := fx.New(fx.NopLogger,
		fxevents.Module(fxevents.Policy(rollcall.Observe(o.observer))),
		fxevents.Event[*ordered]("ordered"),
		fx.Supply(m),
		fxevents.Listen((*mailer).OnOrdered, `id:"mail" async:"mail"`),
		fxevents.Receive(),
		fx.Provide(func() transport.Transport { return &transport.Local{} }),
		fx.Decorate(otelevents.NewTransport),
		fx.Populate(&emitter))
	if err := app.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := emitter.Emit(ctx, &ordered{"7"}); err != nil {
		t.Fatal(err)
	}
	<-m.received
	if err := app.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	check(t, "spans", o.tree(), `dispatch ordered {event.name=ordered}
  dispatch ordered {event.name=ordered}
    call mail {event.name=ordered,listener.id=mail,listener.index=0}
`)
}

func TestTransportConforms(t *testing.T) {
	tracing(t)
	transporttest.Run(t, func(*testing.T) transport.Transport { return otelevents.NewTransport(&transport.Local{}) })
}

// It can what the transport can, and nothing else.
func TestAbilities(t *testing.T) {
	local := &transport.Local{}
	for name, x := range map[string]transport.Transport{
		"plain":        struct{ transport.Transport }{local},
		"declarer":     declarer{local, local},
		"dead letters": letters{local, local},
		"both":         both{local, local, local},
		"backlog":      backlog{local, local},
		"declarer, backlog": struct {
			declarer
			transport.BacklogReporter
		}{declarer{local, local}, local},
		"dead letters, backlog": struct {
			letters
			transport.BacklogReporter
		}{letters{local, local}, local},
		"all": local,
	} {
		_, reports := x.(transport.BacklogReporter)
		_, declares := x.(transport.Declarer)
		_, shows := x.(transport.DeadLetters)
		traced := otelevents.NewTransport(x)
		_, delays := x.(transport.Delayer)
		if still := traced.(transport.Delayer).CanDelay(); still != delays {
			t.Errorf("%s: a Delayer is %t", name, still)
		}
		if _, still := traced.(transport.Declarer); still != declares {
			t.Errorf("%s: a Declarer is %t", name, still)
		}
		if _, still := traced.(transport.DeadLetters); still != shows {
			t.Errorf("%s: DeadLetters is %t", name, still)
		}
		if _, still := traced.(transport.BacklogReporter); still != reports {
			t.Errorf("%s: a BacklogReporter is %t", name, still)
		}
	}
}

type (
	declarer struct {
		transport.Transport
		transport.Declarer
	}
	letters struct {
		transport.Transport
		transport.DeadLetters
	}
	both struct {
		transport.Transport
		transport.Declarer
		transport.DeadLetters
	}
	backlog struct {
		transport.Transport
		transport.BacklogReporter
	}
)

// connecting is a transport that never has a connection.
type connecting struct{ transport.Local }

var errAway = errors.New("the broker is away")

func (*connecting) AwaitConnection(context.Context) error { return errAway }

// Whoever waits for a connection waits for that of the transport, if it has one.
func TestAwaitConnection(t *testing.T) {
	for _, tt := range []struct {
		transport transport.Transport
		want      error
	}{{&connecting{}, errAway}, {&transport.Local{}, nil}} {
		c, ok := otelevents.NewTransport(tt.transport).(transport.Connector)
		if !ok {
			t.Fatalf("%T is no Connector", tt.transport)
		}
		if err := c.AwaitConnection(ctx); err != tt.want {
			t.Errorf("%T: got %v", tt.transport, err)
		}
	}
}

// away is a transport whose broker is away.
type away struct{ transport.Transport }

func (away) Publish(context.Context, transport.Message) error {
	return errors.New("the broker is away")
}

// A publication that fails is nobody else's to record: there is no span of its
// listener.
func TestPublishFails(t *testing.T) {
	o := newTelemetry()
	var emitter *rollcall.Emitter[*ordered]
	app := fx.New(fx.NopLogger,
		fxevents.Module(fxevents.Policy(rollcall.Observe(o.observer))),
		fxevents.Event[*ordered]("ordered"),
		fx.Supply(&mailer{}),
		fxevents.Listen((*mailer).OnOrdered, `id:"mail" async:"mail"`),
		fxevents.Listen((*mailer).OnOrdered, `id:"copy" async:"mail"`),
		fx.Provide(func() transport.Transport { return away{} }),
		fx.Populate(&emitter))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	if err := emitter.Emit(ctx, &ordered{"7"}); err == nil {
		t.Fatal("it was published")
	}
	const failure = "publishing ordered for the receivers of mail: the broker is away"
	check(t, "spans", o.tree(), `dispatch ordered {error.type=*errors.errorString,event.name=ordered} Error: `+failure+
		` +exception(*rollcall.PublishError, `+failure+`)
`)
	if want := "listener.errors {event.name=ordered,listener.id=mail} 1 {error}\n"; !strings.Contains(o.measured(t), want) {
		t.Errorf("got\n%swant\n%s", o.measured(t), want)
	}
}

// box is an outbox that can't be used.
type box struct{ transport.Local }

func (*box) AwaitStore(context.Context) error { return errAway }

func (*box) DeclareLater(transport.Subscription) error { return errAway }

// The wrapper of an outbox is one. That of another transport says that it is none.
func TestOutbox(t *testing.T) {
	for _, tt := range []struct {
		transport    transport.Transport
		store, later error
	}{{&box{}, errAway, errAway}, {&transport.Local{}, nil, errors.ErrUnsupported}} {
		o, ok := otelevents.NewTransport(tt.transport).(transport.Outbox)
		if !ok {
			t.Fatalf("%T is no Outbox", tt.transport)
		}
		store, later := o.AwaitStore(ctx), o.DeclareLater(transport.Subscription{Event: "order.placed", Key: "mail"})
		if store != tt.store || !errors.Is(later, tt.later) {
			t.Errorf("%T: got %v and %v", tt.transport, store, later)
		}
	}
}
