package bench_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	asaskevich "github.com/asaskevich/EventBus"
	gookit "github.com/gookit/event"
	ebu "github.com/jilio/ebu"
	"github.com/kelindar/event"
	"github.com/maniartech/signals"
	"github.com/mehdihadeli/go-mediatr"
	"github.com/mustafaturan/bus/v3"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

// Event is what all implementations pass, by pointer.
type Event struct {
	gookit.BasicEvent // gookit's events must be of its interface
	n                 int
	done              sync.WaitGroup // for those that are asynchronous
}

// Type is for kelindar.
func (*Event) Type() uint32 { return 1 }

//go:noinline
func count(_ context.Context, e *Event) error {
	e.n++
	return nil
}

// implementation makes ready to dispatch to n listeners, and makes of an event
// what to measure: several goroutines may each have an event of its own.
type implementation struct {
	name  string
	ready func(b testing.TB, n int) func(*Event) func()
}

var background = context.Background()

// cancellable is a context that could be done but is not.
func cancellable(b testing.TB) context.Context {
	ctx, cancel := context.WithCancel(background)
	b.Cleanup(cancel)
	return ctx
}

// implementations are ours first, then those of other libraries, each by its
// fastest synchronous call.
var implementations = []implementation{
	{"limit", func(_ testing.TB, n int) func(*Event) func() {
		funcs := functions(n)
		return func(e *Event) func() { return func() { _ = loop(background, funcs, e) } }
	}},
	{"limit-recover", func(_ testing.TB, n int) func(*Event) func() {
		l := newLeast(n)
		return func(e *Event) func() { return func() { _ = l.emit(background, e) } }
	}},
	{"limit-cancel-recover", func(b testing.TB, n int) func(*Event) func() {
		l, ctx := newLeast(n), cancellable(b)
		return func(e *Event) func() { return func() { _ = l.emit(ctx, e) } }
	}},
	{"limit-cancel", func(b testing.TB, n int) func(*Event) func() {
		funcs, ctx := functions(n), cancellable(b)
		return func(e *Event) func() { return func() { _ = loopAsking(ctx, funcs, e) } }
	}},
	{"emitter", func(b testing.TB, n int) func(*Event) func() {
		m := rollcall.NewEmitter[*Event](ours(b, n))
		return func(e *Event) func() { return func() { _ = m.Emit(background, e) } }
	}},
	{"emitter-mutable", func(b testing.TB, n int) func(*Event) func() {
		m := rollcall.NewEmitter[*Event](rollcall.NewDispatcher(mutable(b, n)))
		return func(e *Event) func() { return func() { _ = m.Emit(background, e) } }
	}},
	{"emitter-app", func(b testing.TB, n int) func(*Event) func() {
		m := ofApp(b, n)
		return func(e *Event) func() { return func() { _ = m.Emit(background, e) } }
	}},
	{"emitter-runtime", func(b testing.TB, n int) func(*Event) func() {
		m := ofApp(b, n, fxevents.Runtime())
		return func(e *Event) func() { return func() { _ = m.Emit(background, e) } }
	}},
	{"emitter-cancel", func(b testing.TB, n int) func(*Event) func() {
		m, ctx := rollcall.NewEmitter[*Event](ours(b, n)), cancellable(b)
		return func(e *Event) func() { return func() { _ = m.Emit(ctx, e) } }
	}},
	{"generic", func(b testing.TB, n int) func(*Event) func() {
		d := ours(b, n)
		return func(e *Event) func() { return func() { _, _ = rollcall.Dispatch(background, d, e) } }
	}},
	{"dispatcher", func(b testing.TB, n int) func(*Event) func() {
		d := ours(b, n)
		return func(e *Event) func() { return func() { _ = d.Dispatch(background, e) } }
	}},
	{"gookit", func(_ testing.TB, n int) func(*Event) func() {
		m := gookit.NewManager("bench")
		for range n {
			m.On("e", gookit.ListenerFunc(func(ev gookit.Event) error { return count(background, ev.(*Event)) }))
		}
		return func(e *Event) func() {
			e.SetName("e")
			return func() { _ = m.FireEvent(e) }
		}
	}},
	{"asaskevich", func(b testing.TB, n int) func(*Event) func() {
		m := asaskevich.New()
		for range n {
			if err := m.Subscribe("e", func(ctx context.Context, e *Event) { _ = count(ctx, e) }); err != nil {
				b.Fatal(err)
			}
		}
		return func(e *Event) func() { return func() { m.Publish("e", background, e) } }
	}},
	{"mustafaturan", func(b testing.TB, n int) func(*Event) func() {
		m, err := bus.NewBus(bus.Next(func() string { return "id" }))
		if err != nil {
			b.Fatal(err)
		}
		m.RegisterTopics("e")
		for i := range n {
			m.RegisterHandler(fmt.Sprint(i), bus.Handler{Matcher: "e", Handle: func(ctx context.Context, ev bus.Event) {
				_ = count(ctx, ev.Data.(*Event))
			}})
		}
		return func(e *Event) func() { return func() { _ = m.Emit(background, "e", e) } }
	}},
	{"signals", func(_ testing.TB, n int) func(*Event) func() {
		m := signals.NewSync[*Event]()
		for range n {
			m.AddListenerWithErr(count)
		}
		return func(e *Event) func() { return func() { _ = m.TryEmit(background, e) } }
	}},
	{"ebu", func(b testing.TB, n int) func(*Event) func() {
		m := ebu.New()
		for range n {
			if err := ebu.SubscribeContext(m, func(ctx context.Context, e *Event) { _ = count(ctx, e) }); err != nil {
				b.Fatal(err)
			}
		}
		return func(e *Event) func() { return func() { ebu.PublishContext(m, background, e) } }
	}},
	{"mediatr", func(b testing.TB, n int) func(*Event) func() {
		mediatr.ClearNotificationRegistrations()
		for range n {
			if err := mediatr.RegisterNotificationHandler[*Event](handler{}); err != nil {
				b.Fatal(err)
			}
		}
		return func(e *Event) func() { return func() { _ = mediatr.Publish(background, e) } }
	}},
	{"kelindar", func(b testing.TB, n int) func(*Event) func() {
		m := event.NewDispatcher()
		b.Cleanup(func() { _ = m.Close() })
		for range n {
			event.Subscribe(m, func(e *Event) { _ = count(background, e); e.done.Done() })
		}
		return func(e *Event) func() { return func() { e.done.Add(n); event.Publish(m, e); e.done.Wait() } }
	}},
}

// handler is for mediatr.
type handler struct{}

// Handle counts.
func (handler) Handle(ctx context.Context, e *Event) error { return count(ctx, e) }

func functions(n int) []func(context.Context, *Event) error {
	funcs := make([]func(context.Context, *Event) error, n)
	for i := range funcs {
		funcs[i] = count
	}
	return funcs
}

// loop is what no library can do without.
//
//go:noinline
func loop(ctx context.Context, funcs []func(context.Context, *Event) error, e *Event) error {
	for _, f := range funcs {
		if err := f(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// least is what a dispatch can't do without: it finds its list, looks whether the
// context can be done, and makes an error of a panic that tells who panicked.
type least struct {
	list atomic.Pointer[[]func(context.Context, *Event) error]
}

func newLeast(n int) *least {
	funcs, l := functions(n), &least{}
	l.list.Store(&funcs)
	return l
}

func (l *least) emit(ctx context.Context, e *Event) (err error) {
	funcs := *l.list.Load()
	i, n := uint(0), uint(len(funcs))
	if n == 0 {
		return nil
	}
	defer func() {
		if i < n {
			if value := recover(); value != nil {
				err = fmt.Errorf("listener %d of %T: panic: %v", i, e, value)
			}
		}
	}()
	if ctx.Done() == nil {
		err := funcs[0](ctx, e)
		for err == nil {
			i++
			if i >= n {
				return nil
			}
			err = funcs[i](ctx, e)
		}
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := funcs[i](ctx, e); err != nil {
			return err
		}
		i++
		if i >= n {
			return nil
		}
	}
}

// loopAsking asks the context before each call.
//
//go:noinline
func loopAsking(ctx context.Context, funcs []func(context.Context, *Event) error, e *Event) error {
	for _, f := range funcs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// mutable is a provider of n listeners that may change.
func mutable(b testing.TB, n int) *provider.Mutable {
	m := &provider.Mutable{}
	for i := range n {
		if _, err := m.Append(rollcall.NewListener[*Event](fmt.Sprint("l", i), count)); err != nil {
			b.Fatal(err)
		}
	}
	return m
}

// ofApp returns the emitter of an application of n listeners.
func ofApp(b testing.TB, n int, options ...fxevents.Option) *rollcall.Emitter[*Event] {
	var m *rollcall.Emitter[*Event]
	app := []fx.Option{fx.NopLogger, fxevents.Module(options...), fxevents.Event[*Event]("event"), fx.Populate(&m)}
	for i := range n {
		app = append(app, fxevents.AsListener(func() func(context.Context, *Event) error { return count }, tags.Place(tags.ID(fmt.Sprint("l", i)))))
	}
	if err := fx.New(app...).Err(); err != nil {
		b.Fatal(err)
	}
	return m
}

func ours(b testing.TB, n int) rollcall.Dispatcher {
	listeners := make([]rollcall.Listener, n)
	for i := range listeners {
		listeners[i] = rollcall.NewListener[*Event](fmt.Sprint("l", i), count)
	}
	p, err := provider.Build(listeners, nil)
	if err != nil {
		b.Fatal(err)
	}
	return rollcall.NewDispatcher(p)
}

// BenchmarkDispatch: one event to N listeners that each add to a counter.
func BenchmarkDispatch(b *testing.B) {
	for _, impl := range implementations {
		for _, n := range []int{1, 10, 100} {
			b.Run(fmt.Sprintf("%s/%d", impl.name, n), func(b *testing.B) {
				e := &Event{}
				dispatch := impl.ready(b, n)(e)
				dispatch()
				if concurrent := impl.name == "kelindar"; e.n != n && !concurrent { // which would count at the same time
					b.Fatalf("%d listeners called, want %d", e.n, n)
				}
				b.ReportAllocs()
				for b.Loop() {
					dispatch()
				}
			})
		}
	}
}

// BenchmarkDispatchParallel: the same to 10 listeners, from one core and from
// all at once. Each goroutine has an event of its own.
func BenchmarkDispatchParallel(b *testing.B) {
	for _, impl := range implementations {
		b.Run(impl.name+"/10", func(b *testing.B) {
			of := impl.ready(b, 10)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for dispatch := of(&Event{}); pb.Next(); {
					dispatch()
				}
			})
		})
	}
}
