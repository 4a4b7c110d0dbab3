package fxevents_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/tags"
	"github.com/rollcall-go/rollcall/transport"
)

type (
	placed  struct{ ID string }
	shipped struct{ ID string }
)

// journal is told who was called, and lets each test say how they answer.
type journal struct {
	calls  chan string
	answer func(who string, attempt int) error // nil: always nil
}

func newJournal() *journal { return &journal{calls: make(chan string, 1000)} }

func (j *journal) call(ctx context.Context, who, id string) error {
	d, _ := transport.DeliveryOf(ctx)
	j.calls <- who + " " + id
	if j.answer == nil {
		return nil
	}
	return j.answer(who, d.Attempt)
}

// next is who is called next.
func (j *journal) next(t *testing.T) string {
	t.Helper()
	select {
	case who := <-j.calls:
		return who
	case <-time.After(30 * time.Second):
		t.Fatal("nobody was called")
		return ""
	}
}

func (j *journal) nextN(t *testing.T, n int) string {
	t.Helper()
	var all []string
	for range n {
		all = append(all, j.next(t))
	}
	return strings.Join(all, ", ")
}

// nobody fails where somebody was called.
func (j *journal) nobody(t *testing.T) {
	t.Helper()
	select {
	case who := <-j.calls:
		t.Errorf("%s was called", who)
	default:
	}
}

// shop listens to orders.
type shop struct{ *journal }

func (s *shop) Audit(ctx context.Context, e *placed) error { return s.call(ctx, "audit", e.ID) }
func (s *shop) Stock(ctx context.Context, e *placed) error { return s.call(ctx, "stock", e.ID) }
func (s *shop) Mail(ctx context.Context, e *placed) error  { return s.call(ctx, "mail", e.ID) }
func (s *shop) Copy(ctx context.Context, e *placed) error  { return s.call(ctx, "copy", e.ID) }
func (s *shop) Count(ctx context.Context, e *placed) error { return s.call(ctx, "count", e.ID) }
func (s *shop) Any(ctx context.Context, e any) error       { return s.call(ctx, "any", "") }
func (s *shop) Shipped(ctx context.Context, e *shipped) error {
	return s.call(ctx, "shipped", e.ID)
}

// shopModule has a synchronous and several asynchronous listeners, which are
// declared in the wrong order.
func shopModule() fx.Option {
	return fx.Options(
		fxevents.Event[*placed]("order.placed"),
		fx.Provide(newJournal, func(j *journal) *shop { return &shop{j} }),
		fxevents.Listen((*shop).Copy, `id:"copy" async:"mail" after:"mail"`),
		fxevents.Listen((*shop).Count, `id:"count" async:"stats" priority:"first"`),
		fxevents.Listen((*shop).Mail, `id:"mail" async:"mail" priority:"10"`),
		fxevents.Listen((*shop).Stock, `id:"stock"`),
		fxevents.Listen((*shop).Audit, `id:"audit" priority:"1" before:"mail"`),
	)
}

// running starts an app with a transport and stops it at the end.
func running(t *testing.T, tr transport.Transport, options ...fx.Option) *fx.App {
	t.Helper()
	app := quietly(append(options, fx.Provide(func() transport.Transport { return tr }))...)
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return app
}

func TestAsyncListeners(t *testing.T) {
	var j *journal
	var emitter *rollcall.Emitter[*placed]
	var report *inspect.Report
	running(t, &transport.Local{}, fxevents.Module(), shopModule(), fxevents.Receive(), fx.Populate(&j, &emitter, &report))
	for _, id := range []string{"1", "2"} {
		if err := emitter.Emit(t.Context(), &placed{id}); err != nil {
			t.Fatal(err)
		}
	}
	var mailed, others []string
	for range 10 {
		who := j.next(t)
		if strings.HasPrefix(who, "mail") || strings.HasPrefix(who, "copy") {
			mailed = append(mailed, who)
			continue
		}
		others = append(others, who)
	}
	if got := strings.Join(mailed, ", "); got != "mail 1, copy 1, mail 2, copy 2" {
		t.Errorf("by the key mail were called %s", got)
	}
	slices.Sort(others)
	if got := strings.Join(others, ", "); got != "audit 1, audit 2, count 1, count 2, stock 1, stock 2" {
		t.Errorf("the others called were %s", got)
	}
	j.nobody(t)
	var order []string
	for _, l := range report.Providers[0].Events[0].Listeners {
		order = append(order, l.ID+":"+l.Async)
	}
	if got := strings.Join(order, " "); got != "audit: stock: count:stats mail:mail copy:mail" {
		t.Errorf("the report has %s", got)
	}
	// What is first of its key is not said to be first.
	check(t, "reason", report.Providers[0].Events[0].Listeners[2].Reason, "asynchronous, first of key stats")
}

// What is published is kept for the worker, whether or not that has ever run.
func TestAsyncAcrossProcesses(t *testing.T) {
	broker := &transport.Local{}
	var web, worker *journal
	var emitter *rollcall.Emitter[*placed]
	running(t, broker, fxevents.Module(), shopModule(), fx.Populate(&web, &emitter))
	if err := emitter.Emit(t.Context(), &placed{"1"}); err != nil {
		t.Fatal(err)
	}
	if got := web.nextN(t, 2); got != "audit 1, stock 1" {
		t.Errorf("the web process called %s", got)
	}
	running(t, broker, fxevents.Receive("mail"), fxevents.Module(), shopModule(), fx.Populate(&worker))
	if got := worker.nextN(t, 2); got != "mail 1, copy 1" {
		t.Errorf("the worker called %s", got)
	}
	web.nobody(t)
	worker.nobody(t)
}

// A dispatch that fails publishes nothing, however failures are treated.
func TestAsyncAfterFailure(t *testing.T) {
	for name, policy := range map[string]fxevents.Option{
		"plainly":  fxevents.Policy(),
		"collect":  fxevents.Policy(rollcall.CollectErrors()),
		"parallel": fxevents.Policy(rollcall.Parallel(4)),
		"both":     fxevents.Policy(rollcall.Parallel(4), rollcall.CollectErrors()),
	} {
		t.Run(name, func(t *testing.T) {
			var j *journal
			var emitter *rollcall.Emitter[*placed]
			running(t, &transport.Local{}, fxevents.Module(policy), shopModule(), fxevents.Receive(), fx.Populate(&j, &emitter))
			failing := true
			j.answer = func(who string, _ int) error {
				if who == "audit" && failing {
					return errors.New("closed")
				}
				return nil
			}
			if err := emitter.Emit(t.Context(), &placed{"1"}); err == nil || !strings.Contains(err.Error(), "closed") {
				t.Errorf("got %v", err)
			}
			failing = false
			if err := emitter.Emit(t.Context(), &placed{"2"}); err != nil {
				t.Fatal(err)
			}
			for range 6 { // of the second event all come
				who := j.next(t)
				for strings.HasSuffix(who, " 1") {
					if !strings.HasPrefix(who, "audit") && !strings.HasPrefix(who, "stock") {
						t.Errorf("%s was called", who)
					}
					who = j.next(t)
				}
				if strings.HasPrefix(who, "copy") {
					break
				}
			}
		})
	}
}

func TestAsyncErrors(t *testing.T) {
	declared := fxevents.Event[*placed]("order.placed")
	provided := fx.Provide(newJournal, func(j *journal) *shop { return &shop{j} })
	withTransport := fx.Provide(func() transport.Transport { return &transport.Local{} })
	for _, tt := range []struct {
		name    string
		options []fx.Option
		want    []string
	}{
		{"a synchronous listener after an asynchronous one", []fx.Option{fxevents.Module(), declared, withTransport,
			fxevents.Listen((*shop).Mail, `id:"mail" async:"mail" before:"stock"`),
			fxevents.Listen((*shop).Stock, `id:"stock"`),
			fxevents.Listen((*shop).Audit, `id:"audit" after:"?mail"`)},
			[]string{
				"stock (HERE) must run after mail (HERE), which a dispatch does not wait for, because its receiver key is mail: drop the hint, or make stock asynchronous with the same key",
				"audit (HERE) must run after mail (HERE), which a dispatch does not wait for, because its receiver key is mail: drop the hint, or make audit asynchronous with the same key"}},
		{"two keys", []fx.Option{fxevents.Module(), declared, withTransport,
			fxevents.Listen((*shop).Mail, `id:"mail" async:"mail"`),
			fxevents.Listen((*shop).Count, `id:"count" async:"stats" after:"mail"`)},
			[]string{"count (HERE) must run after mail (HERE), which the receivers of stats do not wait for, because its receiver key is mail: drop the hint, or give both the same key"}},
		{"no transport", []fx.Option{fxevents.Module(), declared,
			fxevents.Listen((*shop).Mail, `id:"mail" async:"mail"`)},
			[]string{"mail (HERE) is asynchronous, but the application has no transport, or lacks something that the transport's constructor takes: provide a transport with fxevents.Transport, or use fxnats.Module of github.com/rollcall-go/rollcall/transport/natsevents/fxnats instead of fxevents.Module for an embedded one"}},
		{"no name", []fx.Option{fxevents.Module(), fxevents.Event[*placed](""), withTransport,
			fxevents.Listen((*shop).Mail, `id:"mail" async:"mail"`)},
			[]string{"mail (HERE) is asynchronous, but its event *fxevents_test.placed (HERE) can't be published without a name: declare it with one"}},
		{"not declared", []fx.Option{fxevents.Module(), withTransport,
			fxevents.Listen((*shop).Mail, `id:"mail" async:"mail"`)},
			[]string{"mail (HERE) is asynchronous, but its event *fxevents_test.placed can't be published without a name: declare it with one"}},
		{"an interface", []fx.Option{fxevents.Module(), declared, withTransport,
			fxevents.Listen((*shop).Any, `id:"any" async:"mail"`)},
			[]string{"any (HERE) is asynchronous, but listens to the interface interface {}: listen to a concrete type, so that events can be decoded"}},
		{"a bad key", []fx.Option{fxevents.Module(), declared, withTransport,
			fxevents.Listen((*shop).Mail, `id:"mail" async:"a b"`)},
			[]string{"mail (HERE) is asynchronous, but the key has a space or one of * > /"}},
		{"a bad event name", []fx.Option{fxevents.Module(), fxevents.Event[*placed]("Order Placed!"), withTransport,
			fxevents.Listen((*shop).Mail, `id:"mail" async:"mail"`)},
			[]string{`mail (HERE) is asynchronous, but its event "Order Placed!" (HERE) can't be published: the event's name has a space or one of * > /: declare it with another name`}},
		{"an event that JSON leaves empty", []fx.Option{fxevents.Module(), withTransport, receiving[*sealed](), receiving[sealed](), receiving[stoppable]()},
			[]string{
				"to.fxevents_test.sealed (HERE) is asynchronous, but its event *fxevents_test.sealed (HERE) would arrive empty, because JSON encodes only exported fields and it has none: export some, give it MarshalJSON and UnmarshalJSON, or give fxevents.Module an fxevents.Codec",
				"fxevents_test.sealed (HERE) is asynchronous, but its event fxevents_test.sealed (HERE) would arrive empty, because JSON encodes only exported fields and it has none: export some, give it MarshalJSON and UnmarshalJSON, or give fxevents.Module an fxevents.Codec",
				"fxevents_test.stoppable (HERE) is asynchronous, but its event fxevents_test.stoppable (HERE) would arrive empty, because JSON encodes only exported fields and it has none: export some, give it MarshalJSON and UnmarshalJSON, or give fxevents.Module an fxevents.Codec"}},
		{"a further provider", []fx.Option{fxevents.Module(fxevents.NamedProvider("bulk", "bulk")), declared, withTransport,
			fxevents.Listen((*shop).Mail, `id:"mail" async:"mail" group:"bulk"`)},
			[]string{"mail (HERE) is asynchronous, but it is in the group bulk, and only the provider without a name publishes events: drop the tag's async, or its group"}},
		{"unknown keys", []fx.Option{fxevents.Module(fxevents.Subscription(transport.Subscription{Key: "mial"})), declared, withTransport,
			fxevents.Listen((*shop).Mail, `id:"mail" async:"mail"`), fxevents.Receive("mai")},
			[]string{`fxevents.Subscription at HERE: no listener has the receiver key "mial", did you mean mail?`,
				`fxevents.Receive at HERE: no listener has the receiver key "mai", did you mean mail?`}},
		{"bad subscriptions", []fx.Option{fxevents.Module(
			fxevents.Subscription(transport.Subscription{}), fxevents.Subscription(transport.Subscription{Key: "k", MaxAttempts: -1})), declared, withTransport},
			[]string{"fxevents.Subscription at HERE: it needs a key, and no event: it holds for every event of the key",
				`fxevents.Subscription at HERE: MaxInFlight and MaxAttempts must not be negative`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := quietly(append(tt.options, provided)...).Err()
			var problems *fxevents.AssemblyError
			if !errors.As(err, &problems) {
				t.Fatalf("got %v", err)
			}
			var got []string
			for _, p := range problems.Problems {
				got = append(got, lineOfThisPackage.ReplaceAllString(p.Error(), "HERE"))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// Events with nothing that JSON writes, with something in them and without, and
// with ways of their own.
type (
	sealed    struct{ id string }
	stoppable struct {
		event.Propagation
		id string
	}
	nothing struct{}
	mark    struct {
		event.Propagation
		_ int
	}
	words   []string
	based   struct{ base }
	base    struct{ ID string }
	written struct{ id string }
	spelled struct{ id string }
)

var _ = sealed{}.id + stoppable{}.id // which nobody reads otherwise

func (w written) MarshalJSON() ([]byte, error)  { return json.Marshal(w.id) }
func (s *spelled) MarshalText() ([]byte, error) { return []byte(s.id), nil }

// receiving declares an event and has an asynchronous listener for it.
func receiving[E any]() fx.Option {
	name := strings.ReplaceAll(reflect.TypeFor[E]().String(), "*", "to.")
	return fx.Options(fxevents.Event[E](name),
		fxevents.AsListener(func() func(E) { return func(E) {} }, tags.Tag(fmt.Sprintf("id:%q async:%q", name, "key"))))
}

func TestEventsThatCanTravel(t *testing.T) {
	carrier := fx.Provide(func() transport.Transport { return &transport.Local{} })
	for name, options := range map[string][]fx.Option{
		"JSON": {fxevents.Module(), receiving[nothing](), receiving[*mark](), receiving[words](), receiving[*based](),
			receiving[written](), receiving[*written](), receiving[*spelled]()},
		"a codec": {fxevents.Module(fxevents.Codec(shout{})), receiving[sealed]()},
	} {
		if err := quietly(append(options, carrier)...).Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReceiveProblemsInDeclaredOrder(t *testing.T) {
	options := []fx.Option{fxevents.Module(), shopModule(), fx.Supply(fx.Annotate(&transport.Local{}, fx.As(new(transport.Transport))))}
	var want []string
	for _, key := range []string{"x1", "x3", "x2", "x5", "x4"} {
		options = append(options, fxevents.Receive(key))
		want = append(want, `fxevents.Receive at HERE: no listener has the receiver key "`+key+`": correct it`)
	}
	if diff := cmp.Diff(want, problemsOf(t, options...)); diff != "" {
		t.Error(diff)
	}
}

// The end of an application waits for the listeners that run.
func TestReceiveDrains(t *testing.T) {
	broker := &transport.Local{}
	var j, after *journal
	var emitter *rollcall.Emitter[*placed]
	begun, finish := make(chan struct{}), make(chan struct{})
	var ended atomic.Bool
	app := running(t, broker, fxevents.Module(), shopModule(), fxevents.Receive("stats"), fx.Populate(&j, &emitter))
	j.answer = func(who string, _ int) error {
		if who == "count" {
			close(begun)
			<-finish
			ended.Store(true)
		}
		return nil
	}
	if err := emitter.Emit(t.Context(), &placed{"1"}); err != nil {
		t.Fatal(err)
	}
	<-begun
	stopped := make(chan error)
	go func() {
		err := app.Stop(context.Background())
		if !ended.Load() {
			t.Error("it stopped while a listener ran")
		}
		stopped <- err
	}()
	close(finish)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	running(t, broker, fxevents.Module(), shopModule(), fxevents.Receive("stats"), fx.Populate(&after, &emitter))
	if err := emitter.Emit(t.Context(), &placed{"2"}); err != nil {
		t.Fatal(err)
	}
	if got := after.nextN(t, 3); got != "audit 2, stock 2, count 2" {
		t.Errorf("then came %s", got)
	}
}

// broken is a transport whose subscriptions end.
type broken struct{ *transport.Local }

func (broken) Subscribe(context.Context, transport.Subscription, transport.Handler) error {
	return errors.New("the queue is gone")
}

func TestSubscriptionEnds(t *testing.T) {
	app := quietly(fxevents.Module(), shopModule(), fxevents.Receive("mail"),
		fx.Provide(func() transport.Transport { return broken{&transport.Local{}} }))
	done := app.Wait()
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case signal := <-done:
		if signal.ExitCode != 1 {
			t.Errorf("got exit code %d", signal.ExitCode)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the application was not shut down")
	}
	if err := app.Stop(t.Context()); err == nil || !strings.Contains(err.Error(), "receiving order.placed by mail: the queue is gone") {
		t.Errorf("got %v", err)
	}
}

// Several subscriptions may end while others begin.
func TestAllSubscriptionsEnd(t *testing.T) {
	app := quietly(fxevents.Module(), shopModule(), fxevents.Receive(),
		fx.Provide(func() transport.Transport { return broken{&transport.Local{}} }))
	var told []int
	for range 2 { // an application may be started again
		done := app.Wait()
		if err := app.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-done
		told = append(told, strings.Count(fmt.Sprint(app.Stop(t.Context())), "the queue is gone"))
	}
	if told[0] != told[1] || told[0] < 2 {
		t.Errorf("%d subscriptions have ended", told)
	}
}

// undeclarable is a transport that can't keep messages for others yet.
type undeclarable struct{ *transport.Local }

func (undeclarable) Declare(context.Context, transport.Subscription) error {
	return errors.New("no broker")
}

func TestDeclareFails(t *testing.T) {
	app := quietly(fxevents.Module(), shopModule(), fx.Provide(func() transport.Transport { return undeclarable{&transport.Local{}} }))
	if err := app.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "declaring the receivers of order.placed: no broker") {
		t.Errorf("got %v", err)
	}
}

// A failure to publish is that of the dispatch.
func TestPublishFails(t *testing.T) {
	var emitter *rollcall.Emitter[*placed]
	if err := quietly(fxevents.Module(), shopModule(), fx.Populate(&emitter),
		fx.Provide(func() transport.Transport { return undeclarable{&transport.Local{}} })).Err(); err != nil {
		t.Fatal(err)
	}
	err := emitter.Emit(t.Context(), &placed{"1"})
	var failed *rollcall.PublishError
	if !errors.As(err, &failed) || failed.Event != "order.placed" || strings.Join(failed.Keys, " ") != "stats mail" ||
		err.Error() != "publishing order.placed for the receivers of stats, mail: no broker" {
		t.Errorf("got %v", err)
	}
	if listeners := (*rollcall.ListenerError)(nil); errors.As(err, &listeners) {
		t.Errorf("it blames the listener %s", listeners.Listener)
	}
}

var errAway = errors.New("no broker")

// unpublishing is a transport whose errors stand alone.
type unpublishing struct{ *transport.Local }

func (unpublishing) Publish(_ context.Context, m transport.Message) error {
	return fmt.Errorf("publishing event %s: %w", m.Event, errAway)
}

// A failure says once that it is one of publishing.
func TestPublishFailsSaysSoOnce(t *testing.T) {
	for name, policy := range map[string]fxevents.Option{"plainly": nil, "collect": fxevents.Policy(rollcall.CollectErrors()), "parallel": fxevents.Policy(rollcall.Parallel(4))} {
		var emitter *rollcall.Emitter[*placed]
		if err := quietly(fxevents.Module(policy), shopModule(), fx.Populate(&emitter),
			fx.Provide(func() transport.Transport { return unpublishing{&transport.Local{}} })).Err(); err != nil {
			t.Fatal(err)
		}
		err := emitter.Emit(t.Context(), &placed{"1"})
		if fmt.Sprint(err) != "publishing order.placed for the receivers of stats, mail: no broker" || !errors.Is(err, errAway) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// closing is a transport that is told when it is closed.
type closing struct {
	transport.Local
	closed bool
}

func (c *closing) Close() { c.closed = true }

func TestDefaultTransport(t *testing.T) {
	var opened []*closing
	var failing error
	byDefault := fxevents.DefaultTransport(func() (*closing, error) {
		opened = append(opened, &closing{})
		return opened[len(opened)-1], failing
	})
	own := fx.Provide(func() transport.Transport { return &transport.Local{} })
	if err := quietly(fxevents.Module(), byDefault).Err(); err != nil || len(opened) != 0 {
		t.Errorf("nobody is asynchronous: opened %d times, %v", len(opened), err)
	}
	if err := quietly(fxevents.Module(), byDefault, own, shopModule()).Err(); err != nil || len(opened) != 0 {
		t.Errorf("there is another: opened %d times, %v", len(opened), err)
	}
	app := quietly(fxevents.Module(), byDefault, shopModule(), fxevents.Receive())
	if err := errors.Join(app.Start(t.Context()), app.Stop(t.Context())); err != nil || len(opened) != 1 || !opened[0].closed {
		t.Errorf("opened %d times, %v", len(opened), err)
	}
	failing = errors.New("no disk")
	if err := quietly(fxevents.Module(), byDefault, shopModule()).Err(); err == nil || !strings.Contains(err.Error(), "opening the transport: no disk") {
		t.Errorf("got %v", err)
	}
}

func TestTransport(t *testing.T) {
	var opened closing
	var got transport.Transport
	app := quietly(fxevents.Module(), fxevents.Transport(func() (*closing, error) { return &opened, nil }), shopModule(), fx.Populate(&got))
	if err := app.Start(t.Context()); err != nil || got != transport.Transport(&opened) {
		t.Errorf("got %v, %v", got, err)
	}
	if err := app.Stop(t.Context()); err != nil || !opened.closed {
		t.Errorf("closed is %t, %v", opened.closed, err)
	}
	opened.closed = false
	if err := quietly(fxevents.Module(), fxevents.Transport(func() (*closing, error) { return &opened, nil }), shopModule(),
		fxevents.Receive("nobody")).Err(); err == nil || !opened.closed {
		t.Errorf("after a failed assembly: closed is %t, %v", opened.closed, err)
	}
	opened.closed = false
	app = quietly(fxevents.Module(), fxevents.DefaultTransport(func() (*closing, error) { return &opened, nil }), shopModule(), fxevents.Receive(),
		fx.Invoke(func(lc fx.Lifecycle) { lc.Append(fx.StartHook(func() error { return errors.New("no database") })) }))
	if err := app.Start(t.Context()); err == nil || !opened.closed {
		t.Errorf("after a failed start: closed is %t, %v", opened.closed, err)
	}
	err := quietly(fxevents.Module(), fxevents.Transport(func() (*closing, error) { return nil, errors.New("no broker") }), shopModule()).Err()
	if err == nil || !strings.Contains(err.Error(), "no broker") {
		t.Errorf("got %v", err)
	}
}

// A transport may have nothing to close, or fail at it.
func TestTransportsThatClose(t *testing.T) {
	local := fxevents.Transport(func() (*transport.Local, error) { return &transport.Local{}, nil })
	app := quietly(fxevents.Module(), local, shopModule(), fxevents.Receive())
	if err := errors.Join(app.Start(t.Context()), app.Stop(t.Context())); err != nil {
		t.Error(err)
	}
	for name, option := range map[string]fx.Option{
		"Transport":        fxevents.Transport(func() (*faulty, error) { return &faulty{}, nil }),
		"DefaultTransport": fxevents.DefaultTransport(func() (*faulty, error) { return &faulty{}, nil }),
	} {
		app := quietly(fxevents.Module(), option, shopModule())
		err := errors.Join(app.Start(t.Context()), app.Stop(t.Context()))
		if err == nil || err.Error() != "rollcall: closing the transport: the disk is full" {
			t.Errorf("%s: stopping gave %v", name, err)
		}
	}
	err := quietly(fxevents.Module(), fxevents.Transport(func() (*faulty, error) { return &faulty{}, nil }), shopModule(), fxevents.Receive("nobody")).Err()
	var assembly *fxevents.AssemblyError
	if !errors.As(err, &assembly) || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("a failed assembly gave %v", err)
	}
}

// faulty is a transport that can't be closed.
type faulty struct{ transport.Local }

func (*faulty) Close() error { return errors.New("the disk is full") }

// What fails comes again, all listeners of the key are called again, and the
// settings of the key hold.
func TestReceiveAgain(t *testing.T) {
	broker := &transport.Local{}
	var j *journal
	var emitter *rollcall.Emitter[*placed]
	running(t, broker, fxevents.Module(unlogged, fxevents.Subscription(transport.Subscription{Key: "mail", MaxAttempts: 2})),
		shopModule(), fxevents.Receive("mail"), fx.Populate(&j, &emitter))
	j.answer = func(who string, attempt int) error {
		if who == "copy" {
			return fmt.Errorf("attempt %d: %w", attempt, transport.RefuseFor(0))
		}
		return nil
	}
	if err := emitter.Emit(t.Context(), &placed{"1"}); err != nil {
		t.Fatal(err)
	}
	if got := j.nextN(t, 6); got != "audit 1, stock 1, mail 1, copy 1, mail 1, copy 1" {
		t.Errorf("got %s", got)
	}
	var letters []transport.DeadLetter
	for len(letters) == 0 && t.Context().Err() == nil {
		_, _ = broker.EachDeadLetter(t.Context(), "order.placed", "mail", func(l transport.DeadLetter) transport.Disposal {
			letters = append(letters, l)
			return transport.Keep
		})
	}
	if want := "given up after 2 attempts: listener copy of order.placed: attempt 2: refused for now"; letters[0].Reason != want {
		t.Errorf("got the reason %q", letters[0].Reason)
	}
}

// relayed dispatches another event through its origin.
type relayed struct{ *journal }

func (r *relayed) Handle(ctx context.Context, e *placed, origin rollcall.Origin) error {
	return origin.Dispatch(ctx, &shipped{e.ID})
}

// The origin that an asynchronous listener is told reaches all listeners.
func TestOriginOfReceived(t *testing.T) {
	var j *journal
	var emitter *rollcall.Emitter[*placed]
	running(t, &transport.Local{}, fxevents.Module(), fxevents.Event[*placed]("order.placed"), fxevents.Event[*shipped]("order.shipped"),
		fx.Provide(newJournal, func(j *journal) *shop { return &shop{j} }),
		fxevents.AsListener(func(j *journal) *relayed { return &relayed{j} }, `async:"ship"`),
		fxevents.Listen((*shop).Shipped), fxevents.Receive(), fx.Populate(&j, &emitter))
	if err := emitter.Emit(t.Context(), &placed{"1"}); err != nil {
		t.Fatal(err)
	}
	if got := j.next(t); got != "shipped 1" {
		t.Errorf("got %s", got)
	}
}

// shout is a codec of its own content type.
type shout struct {
	transport.JSON
	decoded *sync.Map
}

func (shout) ContentType() string { return "application/x-shout" }

func (c shout) Decode(body []byte, event any) error {
	c.decoded.Store(string(body), true)
	return json.Unmarshal(body, event)
}

func TestCodec(t *testing.T) {
	broker, decoded := &transport.Local{}, &sync.Map{}
	var j *journal
	var emitter *rollcall.Emitter[*placed]
	running(t, broker, fxevents.Module(fxevents.Codec(shout{decoded: decoded})), shopModule(), fxevents.Receive("stats"), fx.Populate(&j, &emitter))
	if err := emitter.Emit(t.Context(), &placed{"1"}); err != nil {
		t.Fatal(err)
	}
	j.nextN(t, 3)
	if _, ok := decoded.Load(`{"ID":"1"}`); !ok {
		t.Error("the codec did not decode it")
	}
	if err := transport.NewPublisher(broker).Publish(t.Context(), "order.placed", &placed{"2"}); err != nil {
		t.Fatal(err)
	}
	if got := j.next(t); got != "count 2" {
		t.Errorf("JSON gave %s", got)
	}
}

// A plain rollcall.Listener in the group may be asynchronous too.
func TestAsyncPlainListener(t *testing.T) {
	called := make(chan string, 1)
	var emitter *rollcall.Emitter[*placed]
	running(t, &transport.Local{}, fxevents.Module(), fxevents.Event[*placed]("order.placed"), fxevents.Receive(), fx.Populate(&emitter),
		fx.Provide(fx.Annotated{Group: fxevents.DefaultGroup, Target: func() rollcall.Listener {
			return rollcall.NewListener[*placed]("plain", func(e *placed) { called <- e.ID }, tags.Place(tags.Async("mail")))
		}}))
	if err := emitter.Emit(t.Context(), &placed{"1"}); err != nil {
		t.Fatal(err)
	}
	if got := <-called; got != "1" {
		t.Errorf("got %s", got)
	}
}
