package fxevents_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

// steps are what an application does, in order.
type steps struct{ list []string }

func (s *steps) add(step string) { s.list = append(s.list, step) }

// database is what an outbox takes from the container.
type database struct{ *steps }

func openDatabase(s *steps, lc fx.Lifecycle) *database {
	s.add("open database")
	lc.Append(fx.StopHook(func() { s.add("close database") }))
	return &database{s}
}

// stored is an outbox in a database. An application needs its own methods.
type stored struct {
	transport.Local
	*database
}

func (s *stored) Close() error { s.add("close outbox"); return nil }

func (s *stored) Subscribe(ctx context.Context, sub transport.Subscription, h transport.Handler) error {
	defer s.add("end " + sub.Key)
	return s.Local.Subscribe(ctx, sub, h)
}

func newStored(db *database) (*stored, error) {
	db.add("open outbox")
	return &stored{database: db}, nil
}

// service emits, so it must stop before the outbox is closed.
type service struct {
	placed *rollcall.Emitter[*placed]
	outbox *stored
}

func newService(s *steps, lc fx.Lifecycle, e *rollcall.Emitter[*placed], o *stored) *service {
	lc.Append(fx.StopHook(func() { s.add("stop service") }))
	return &service{e, o}
}

// A transport takes what it needs from the container, is opened once, and is injected by
// both types. Everything is closed in the reverse order.
func TestTransportWithParameters(t *testing.T) {
	const first, last = "open database, open outbox, ", "close outbox, close database"
	for name, tt := range map[string]struct {
		first fx.Option
		want  string
	}{
		"Module first":   {fxevents.Module(), "stop service, end mail, "},
		"service first":  {fx.Options(fx.Module("api", fx.Invoke(func(*service) {})), fxevents.Module()), "end mail, stop service, "},
		"database first": {fx.Options(fx.Module("db", fx.Invoke(func(*database) {})), fxevents.Module()), "stop service, end mail, "},
	} {
		t.Run(name, func(t *testing.T) {
			did := &steps{}
			var general transport.Transport
			var own *stored
			app := quietly(tt.first, shopModule(), fxevents.Receive("mail"), fxevents.ReceivedElsewhere("stats"),
				fxevents.Transport(newStored),
				fx.Supply(did), fx.Provide(openDatabase, newService),
				fx.Invoke(func(*service) {}), fx.Populate(&general, &own))
			if err := app.Start(t.Context()); err != nil || general != transport.Transport(own) {
				t.Fatalf("got %v and %v, %v", general, own, err)
			}
			stopped(t, app)
			check(t, "steps", strings.Join(did.list, ", "), first+tt.want+last)
		})
	}
}

// What emits without taking the transport itself stops before the transport is closed.
func TestTransportIsOpenedBeforeWhatEmits(t *testing.T) {
	did := &steps{}
	app := quietly(fxevents.Module(), fxevents.Event[*placed]("order.placed"), fxevents.Transport(newStored),
		fx.Supply(did), fx.Provide(openDatabase),
		fxevents.AsListener(func(s *steps, lc fx.Lifecycle, _ *rollcall.Emitter[*placed]) *echo {
			lc.Append(fx.StopHook(func() { s.add("stop listener") }))
			return &echo{}
		}, `async:"mail"`), fxevents.Receive())
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	stopped(t, app)
	check(t, "steps", strings.Join(did.list, ", "),
		"open database, open outbox, end mail, stop listener, close outbox, close database")
}

type echo struct{}

func (*echo) Handle(context.Context, *placed) error { return nil }

// A failed assembly closes the transport. The error of closing is reported once.
func TestTransportWithParametersCloses(t *testing.T) {
	did := &steps{}
	if err := quietly(fxevents.Module(unlogged), shopModule(), fxevents.Transport(newStored), fx.Supply(did), fx.Provide(openDatabase),
		fxevents.Receive("nobody")).Err(); err == nil {
		t.Error("got no error")
	}
	check(t, "steps", strings.Join(did.list, ", "), "open database, open outbox, close outbox")
	app := quietly(fxevents.Module(unlogged), shopModule(), fx.Supply(did),
		fxevents.Transport(func(*steps) *faulty { return &faulty{} }), fxevents.Receive("mail"))
	err := errors.Join(app.Start(t.Context()), app.Stop(t.Context()))
	if err == nil || err.Error() != "rollcall: closing the transport: the disk is full" {
		t.Errorf("got %v", err)
	}
}

// A transport that replaces another one keeps it from being opened.
func TestReplacedTransportIsNotOpened(t *testing.T) {
	did := &steps{}
	err := quietly(fxevents.Module(unlogged), shopModule(), fxevents.Transport(newStored), fx.Supply(did), fx.Provide(openDatabase),
		fx.Replace(fx.Annotate(&transport.Local{}, fx.As(new(transport.Transport))))).Err()
	if err != nil || len(did.list) > 0 {
		t.Errorf("got %v, %v", did.list, err)
	}
}

// What the constructor needs and nobody provides is reported with the constructor's place.
func TestTransportLacksAParameter(t *testing.T) {
	for name, options := range map[string]fx.Option{
		"async listeners":   shopModule(),
		"no async listener": fx.Options(),
		"a fallback":        fx.Options(shopModule(), fxevents.DefaultTransport(func() (*transport.Local, error) { return &transport.Local{}, nil })),
	} {
		t.Run(name, func(t *testing.T) {
			err := quietly(fxevents.Module(), options, fxevents.Transport(newStored)).Err()
			for _, part := range []string{"missing type: *fxevents_test.database", "newStored", "fxevents/transport_test.go:"} {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("%q is not in %v", part, err)
				}
			}
		})
	}
}

func TestTransportFails(t *testing.T) {
	err := quietly(fxevents.Module(unlogged), shopModule(), fx.Supply(&steps{}),
		fxevents.Transport(func(*steps) (*stored, error) { return nil, errors.New("no table") })).Err()
	if err == nil || !strings.Contains(err.Error(), "no table") || !strings.Contains(err.Error(), "TestTransportFails") {
		t.Errorf("got %v", err)
	}
	err = quietly(fxevents.Module(unlogged), shopModule(), fxevents.Transport(func() *stored { return nil })).Err()
	if err == nil || !strings.Contains(lineOfThisPackage.ReplaceAllString(err.Error(), "HERE"),
		"fxevents.Transport at HERE: the function returned nil: return a transport or an error") {
		t.Errorf("got %v", err)
	}
}

func TestTransportOfAnotherForm(t *testing.T) {
	const at = "fxevents.Transport at HERE: "
	for want, constructor := range map[string]any{
		"it takes a function that returns a transport, not a <nil>: pass a function that returns it":  nil,
		"it takes a function that returns a transport, not a string: pass a function that returns it": "nats://",
		"the function is nil": (func() transport.Transport)(nil),
		"this is a transport, not a function that returns one: pass func() (*transport.Local, error), so that the application opens and closes it": &transport.Local{},
		"the function must return one transport, or one and an error, but it is func() (*transport.Local, func()): provide other values with fx.Provide": func() (*transport.Local, func()) {
			return nil, nil
		},
		"the function must return one transport, or one and an error, but it is func() error: provide other values with fx.Provide": func() error { return nil },
		"it returns transport.Local, which is not a transport.Transport: return a *transport.Local":                                 func() (l transport.Local) { return },
		"it returns *fxevents_test.echo, which is not a transport.Transport: it has no method Publish":                              func() *echo { return nil },
	} {
		got := problemsOf(t, fxevents.Module(), shopModule(), fxevents.Transport(constructor))
		if len(got) != 1 || got[0] != at+want {
			t.Errorf("got %q\nwant %q", got, at+want)
		}
	}
}
