package fxeventstest_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/fxeventstest"
	"github.com/rollcall-go/rollcall/transport"
)

type (
	placed  struct{ ID string }
	shipped struct{ ID string }

	indexer  struct{}
	notifier struct{}
)

func newIndexer() *indexer         { return &indexer{} }
func (*indexer) Handle(*placed)    {}
func newNotifier() *notifier       { return &notifier{} }
func (*notifier) Handle(p *placed) {}

// shop is the application of the tests.
func shop(hint string) fx.Option {
	order := fstest.MapFS{"services.yaml": {Data: []byte("services:\n  fxeventstest_test.indexer: { tags: [ { name: event_listener, event: order.placed, " + hint + " } ] }\n")}}
	return fx.Options(
		fxevents.Module(fxevents.OrderFile(order, "services.yaml")),
		fxevents.Event[*placed]("order.placed"), fxevents.Event[*shipped]("order.shipped"),
		fxevents.AsListener(newNotifier, `after:"?nobody"`), fxevents.AsListener(newIndexer, `priority:"5"`),
	)
}

// tester records what would have failed a test.
type tester struct {
	testing.TB
	log []string
}

func (t *tester) Helper()                   {}
func (t *tester) Errorf(f string, a ...any) { t.log = append(t.log, fmt.Sprintf(f, a...)) }
func (t *tester) Error(a ...any)            { t.Errorf("%s", fmt.Sprintln(a...)) }
func (t *tester) Fatalf(f string, a ...any) { t.Errorf(f, a...); runtime.Goexit() }
func (t *tester) Fatal(a ...any)            { t.Fatalf("%s", fmt.Sprintln(a...)) }

// failures runs a test that may fail and tells how.
func failures(t *testing.T, test func(t testing.TB)) string {
	t.Helper()
	inner := &tester{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(inner)
	}()
	<-done
	return strings.Join(inner.log, "\n")
}

func TestOrder(t *testing.T) {
	fxeventstest.Order(t, "testdata/order.txt", shop("priority: first"))
}

// closing is a transport that is told when it is closed.
type closing struct {
	transport.Local
	closed bool
}

func (c *closing) Close() { c.closed = true }

// The application is not started, so nobody else would close its transport.
func TestOrderClosesTransports(t *testing.T) {
	opened := &closing{}
	fxeventstest.Order(t, "testdata/order.txt", shop("priority: first"),
		fxevents.Transport(func() (*closing, error) { return opened, nil }))
	if !opened.closed {
		t.Error("the transport is open")
	}
	opened.closed = false
	fails := fx.Invoke(func() error { return errors.New("no database") })
	got := failures(t, func(t testing.TB) {
		fxeventstest.Order(t, "testdata/order.txt", shop("priority: first"), fxevents.Transport(func() (*closing, error) { return opened, nil }), fails)
	})
	if !opened.closed || !strings.Contains(got, "no database") {
		t.Error("the transport is open after a failure")
	}
}

// faulty is a transport that can't be closed.
type faulty struct{ transport.Local }

func (*faulty) Close() error { return errors.New("the disk is full") }

func TestOrderTellsWhatIsNotClosed(t *testing.T) {
	got := failures(t, func(t testing.TB) {
		fxeventstest.Order(t, "testdata/order.txt", shop("priority: first"), fxevents.Transport(func() (*faulty, error) { return &faulty{}, nil }))
	})
	if !strings.Contains(got, "closing the transport: the disk is full") {
		t.Errorf("got %s", got)
	}
}

// The line of Order's documentation keeps an application from its broker,
// however it provides the transport.
func TestOrderWithoutBroker(t *testing.T) {
	unreachable := func() (*closing, error) { return nil, errors.New("no broker") }
	for name, provided := range map[string]fx.Option{
		"Transport":        fxevents.Transport(unreachable),
		"DefaultTransport": fxevents.DefaultTransport(unreachable),
		"in a module":      fx.Module("broker", fxevents.Transport(unreachable)),
		"fx.Provide":       fx.Provide(func() (transport.Transport, error) { return unreachable() }),
	} {
		t.Run(name, func(t *testing.T) {
			golden := filepath.Join(t.TempDir(), "order.txt")
			if err := os.WriteFile(golden, []byte(`default (event_listener)
  order.placed  *github.com/rollcall-go/rollcall/fxeventstest_test.placed
    1  fxeventstest_test.indexer  asynchronous, priority 0 (default) of key search
       - asynchronous, receiver key search
`), 0o600); err != nil {
				t.Fatal(err)
			}
			fxeventstest.Order(t, golden, fxevents.Module(), provided,
				fxevents.Event[*placed]("order.placed"), fxevents.AsListener(newIndexer, `async:"search"`),
				fx.Replace(fx.Annotate(&transport.Local{}, fx.As(new(transport.Transport)))))
		})
	}
}

func TestOrderFailures(t *testing.T) {
	for _, tt := range []struct {
		name, golden string
		app          fx.Option
		want         []string
	}{
		{"another order", "testdata/order.txt", shop("priority: last"), []string{
			`the order differs from testdata/order.txt (- wanted, + got):
  default (event_listener)
    order.placed  *github.com/rollcall-go/rollcall/fxeventstest_test.placed
-     1  fxeventstest_test.indexer   first
-        - the order file says first; the code says priority 5
-     2  fxeventstest_test.notifier  priority 0 (default)
+     1  fxeventstest_test.notifier  priority 0 (default)
         - after ?nobody has no effect: no listener has that ID
+     2  fxeventstest_test.indexer   last
+        - the order file says last; the code says priority 5
    order.shipped  *github.com/rollcall-go/rollcall/fxeventstest_test.shipped
      nobody listens
If the change is intended, run go test with -update.`}},
		{"no file", "testdata/absent.txt", shop("priority: last"), []string{"there is no testdata/absent.txt yet: run go test with -update"}},
		{"a folder", "testdata", shop("priority: last"), []string{"testdata: is a directory"}},
		{"no application", "testdata/order.txt", shop("after: nobody"), []string{
			"the application can't be built: ", "fxeventstest_test.indexer (services.yaml:2) must run after nobody"}},
		{"no module", "testdata/order.txt", fx.Options(), []string{"the application has no fxevents.Module: add fxevents.Module() to the options"}},
		{"an event without a module", "testdata/order.txt", fxevents.Event[*placed]("order.placed"), []string{"fxevents.Event at fxeventstest/fxeventstest_test.go:", ": the application has no fxevents.Module"}},
	} {
		got := failures(t, func(t testing.TB) { fxeventstest.Order(t, tt.golden, tt.app) })
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: got %q, want it to have %q", tt.name, got, want)
			}
		}
	}
}

// -update writes the file, and then the order is that of the file.
func TestUpdate(t *testing.T) {
	golden := filepath.Join(t.TempDir(), "new", "order.txt")
	was := flag.Lookup("update").Value.String()
	if err := flag.Set("update", "true"); err != nil {
		t.Fatal(err)
	}
	got := failures(t, func(t testing.TB) { fxeventstest.Order(t, golden, shop("priority: last")) })
	if err := flag.Set("update", was); err != nil || got != "" {
		t.Fatal(err, got)
	}
	content, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(golden, []byte(strings.ReplaceAll(string(content), "\n", "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	fxeventstest.Order(t, golden, shop("priority: last"))
}

// ROLLCALL_UPDATE=1 writes the file, too. Every package knows it.
func TestUpdateByTheEnvironment(t *testing.T) {
	golden := filepath.Join(t.TempDir(), "order.txt")
	for _, tt := range []struct{ value, priority, want string }{
		{"1", "priority: last", ""},
		{"0", "priority: first", "the order differs from "},
		{"1", "priority: first", ""},
		{"", "priority: first", ""},
	} {
		t.Setenv("ROLLCALL_UPDATE", tt.value)
		got := failures(t, func(t testing.TB) { fxeventstest.Order(t, golden, shop(tt.priority)) })
		if tt.want == "" && got != "" || !strings.HasPrefix(got, tt.want) {
			t.Errorf("ROLLCALL_UPDATE=%s, %s: got %q", tt.value, tt.priority, got)
		}
	}
}

// A warning about the application is no part of its order.
func TestOrderWithoutWarnings(t *testing.T) {
	golden := filepath.Join(t.TempDir(), "order.txt")
	t.Setenv("ROLLCALL_UPDATE", "1")
	fxeventstest.Order(t, golden, fxevents.Module(fxevents.Logger(slog.New(slog.DiscardHandler))), fxevents.AsListener(newIndexer))
	content, err := os.ReadFile(golden)
	if err != nil || !strings.Contains(string(content), "nobody declares this event") || strings.Contains(string(content), "warning") {
		t.Errorf("got %s, %v", content, err)
	}
}

// service emits without a container.
type service struct {
	placed *rollcall.Emitter[*placed]
}

func (s service) place(ids ...string) error {
	for _, id := range ids {
		if err := s.placed.Emit(context.Background(), &placed{id}); err != nil {
			return err
		}
	}
	return nil
}

func TestRecorder(t *testing.T) {
	r := fxeventstest.Record[*placed](t)
	r.Want()
	s := service{r.Emitter()}
	if err := s.place("1", "2", "3"); err != nil {
		t.Fatal(err)
	}
	two := fxeventstest.Matcher[*placed]{Text: "order 2", Matches: func(p *placed) bool { return p.ID == "2" }}
	r.Want(fxeventstest.Equal(&placed{"1"}), two, anyPlaced)
	out := errors.New("out of stock")
	r.FailWith(out)
	if err := s.place("4", "5"); !errors.Is(err, out) {
		t.Errorf("got %v", err)
	}
	if got := r.Events(); len(got) != 4 || got[3].ID != "4" {
		t.Errorf("got %v", got)
	}
	r.FailWith(nil)
	if err := s.place("6"); err != nil {
		t.Error(err)
	}
}

func TestWantFailures(t *testing.T) {
	for _, tt := range []struct {
		emit     []string
		matchers []fxeventstest.Matcher[*placed]
		want     string
	}{
		{[]string{"1"}, nil, "got 1 events of type *fxeventstest_test.placed, want 0:\n  1. not wanted: &{ID:1}"},
		{nil, []fxeventstest.Matcher[*placed]{fxeventstest.Equal(&placed{"1"})},
			"got 0 events of type *fxeventstest_test.placed, want 1:\n  1. missing: &{ID:1}"},
		{[]string{"1", "2"}, []fxeventstest.Matcher[*placed]{anyPlaced, fxeventstest.Equal(&placed{"3"})},
			"got 2 events of type *fxeventstest_test.placed, want 2:\n  1. as wanted: &{ID:1}\n  2. got &{ID:2}, want &{ID:3}"},
	} {
		got := failures(t, func(t testing.TB) {
			r := fxeventstest.Record[*placed](t)
			if err := (service{r.Emitter()}).place(tt.emit...); err != nil {
				t.Fatal(err)
			}
			r.Want(tt.matchers...)
		})
		if got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// Code that waits is tested without waiting.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := fxeventstest.Record[*placed](t)
		s := service{r.Emitter()}
		go func() {
			for _, id := range []string{"1", "2"} {
				time.Sleep(time.Hour)
				if err := s.place(id); err != nil {
					t.Error(err)
				}
			}
		}()
		if got := r.Wait(t.Context(), 2); len(got) != 2 || got[1].ID != "2" {
			t.Errorf("got %v", got)
		}
	})
}

func TestWaitFails(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got := failures(t, func(t testing.TB) {
		r := fxeventstest.Record[*placed](t)
		if err := (service{r.Emitter()}).place("1"); err != nil {
			t.Fatal(err)
		}
		r.Wait(ctx, 2)
	})
	if want := "waited for 2 events and got 1: context canceled\n  1. &{ID:1}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// In an application, the recorder hears what others would stop or refuse; of
// any, it hears every event.
func TestRecorderInAnApplication(t *testing.T) {
	orders, all := fxeventstest.Record[*placed](t), fxeventstest.Record[any](t)
	var placedEmitter *rollcall.Emitter[*placed]
	var shippedEmitter *rollcall.Emitter[*shipped]
	app := fx.New(fx.NopLogger, shop("priority: first"), orders.Option(), all.Option(),
		fxevents.AsListener(func() func(*placed) error { return func(*placed) error { return errors.New("refused") } }, `id:"refuses" priority:"first"`),
		fx.Supply(fx.Annotated{Group: fxevents.DefaultGroup, Target: rollcall.NewListener[*placed]("security.Check", func(*placed) error { return errors.New("refused") }, `priority:"first"`)}),
		fx.Populate(&placedEmitter, &shippedEmitter))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	if err := placedEmitter.Emit(context.Background(), &placed{"1"}); err == nil {
		t.Error("it was not refused")
	}
	if err := shippedEmitter.Emit(context.Background(), &shipped{"1"}); err != nil {
		t.Error(err)
	}
	orders.Want(fxeventstest.Equal(&placed{"1"}))
	all.Want(fxeventstest.Equal[any](&placed{"1"}), fxeventstest.Equal[any](&shipped{"1"}))
}

var anyPlaced = fxeventstest.Matcher[*placed]{Text: "any event", Matches: func(*placed) bool { return true }}
