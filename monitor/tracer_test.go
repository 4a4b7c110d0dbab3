package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/monitor"
	"github.com/rollcall-go/rollcall/provider"
)

type placed struct {
	event.Propagation
	fail, stop bool
}

// shop has three listeners: one takes 10 ms, one fails or stops if the event
// says so, one takes 1 ms.
func shop(t testing.TB, options ...rollcall.Option) rollcall.Dispatcher {
	t.Helper()
	p, err := provider.Build([]rollcall.Listener{
		rollcall.NewListener[*placed]("slow", func(*placed) { time.Sleep(10 * time.Millisecond) }),
		rollcall.NewListener[*placed]("moody", func(p *placed) error {
			if p.stop {
				p.StopPropagation()
			}
			if p.fail {
				return errors.New("out of <stock>")
			}
			return nil
		}),
		rollcall.NewListener[*placed]("quick", func(*placed) { time.Sleep(time.Millisecond) }),
	}, []rollcall.Declaration{rollcall.Declare[*placed]("order.placed")})
	if err != nil {
		t.Fatal(err)
	}
	return rollcall.NewDispatcher(p, options...)
}

func TestTracer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracer := &monitor.Tracer{Render: func(ev any) string { return fmt.Sprintf("%T", ev) }}
		d := shop(t, rollcall.Observe(tracer))
		begun := time.Now()
		ctx := context.Background()
		for _, e := range []any{&placed{}, &placed{fail: true}, &placed{stop: true}, 7} {
			_ = d.Dispatch(ctx, e)
		}
		slow, quick := 10*time.Millisecond, time.Millisecond
		want := []*monitor.Timeline{
			{Event: "int", At: begun.Add(31 * time.Millisecond), Payload: "int", Steps: []monitor.Step{}},
			{Event: "order.placed", At: begun.Add(21 * time.Millisecond), Took: slow, Stopped: true, StoppedBy: "moody", Payload: "*monitor_test.placed", Steps: []monitor.Step{
				{Listener: "slow", Called: true, Returned: true, Took: slow}, {Listener: "moody", Called: true, Returned: true, Start: slow}, {Listener: "quick"}}},
			{Event: "order.placed", At: begun.Add(11 * time.Millisecond), Took: slow, Err: "listener moody of order.placed: out of <stock>", Payload: "*monitor_test.placed", Steps: []monitor.Step{
				{Listener: "slow", Called: true, Returned: true, Took: slow},
				{Listener: "moody", Called: true, Returned: true, Start: slow, Err: "listener moody of order.placed: out of <stock>"}, {Listener: "quick"}}},
			{Event: "order.placed", At: begun, Took: slow + quick, Payload: "*monitor_test.placed", Steps: []monitor.Step{
				{Listener: "slow", Called: true, Returned: true, Took: slow}, {Listener: "moody", Called: true, Returned: true, Start: slow}, {Listener: "quick", Called: true, Returned: true, Start: slow, Took: quick}}},
		}
		if diff := cmp.Diff(want, tracer.Recent()); diff != "" {
			t.Error(diff)
		}
		stats := tracer.Stats()
		for _, e := range stats {
			for i := range e.Listeners {
				e.Listeners[i].P50, e.Listeners[i].P99 = about(e.Listeners[i].P50), about(e.Listeners[i].P99)
			}
		}
		wantStats := []monitor.EventStats{
			{Event: "int", Dispatches: 1, Unheard: 1},
			{Event: "order.placed", Dispatches: 3, Failed: 1, Stopped: 1, Listeners: []monitor.ListenerStats{
				{Listener: "moody", Calls: 3, Failed: 1, Timed: 3, P50: about(64), P99: about(64)},
				{Listener: "quick", Calls: 1, Timed: 1, P50: quick, P99: quick, Total: quick},
				{Listener: "slow", Calls: 3, Timed: 3, P50: slow, P99: slow, Total: 3 * slow},
			}},
		}
		if diff := cmp.Diff(wantStats, stats); diff != "" {
			t.Error(diff)
		}
	})
}

// about returns the duration of the tests that d is within an eighth of.
func about(d time.Duration) time.Duration {
	for _, exact := range []time.Duration{64, time.Millisecond, 10 * time.Millisecond} {
		if d >= exact-exact/8 && d <= exact+exact/8 {
			return exact
		}
	}
	return d
}

// With a sample, all dispatches are counted and only some are timed.
func TestTracerSample(t *testing.T) {
	tracer := &monitor.Tracer{Sample: 4}
	p, err := provider.Build([]rollcall.Listener{rollcall.NewListener[int]("a", func(int) error { return errors.New("no") })}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := rollcall.NewDispatcher(p, rollcall.Observe(tracer))
	const n = 10_000
	for range n {
		_ = d.Dispatch(context.Background(), 1)
	}
	l := tracer.Stats()[0].Listeners[0]
	if l.Calls != n || l.Failed != n {
		t.Errorf("counted %d calls and %d failures of %d", l.Calls, l.Failed, n)
	}
	if l.Timed < n/8 || l.Timed > n/2 { // about a quarter; the odds of missing these bounds are less than 1e-300
		t.Errorf("timed %d of %d, one of four was asked for", l.Timed, n)
	}
	if got := len(tracer.Recent()); got != 100 {
		t.Errorf("remembers %d", got)
	}
}

// Names that are made at run time don't fill the memory.
func TestTracerKeepsAsManyEventsAsItSays(t *testing.T) {
	tracer := &monitor.Tracer{}
	p, err := provider.Build(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := rollcall.NewDispatcher(p, rollcall.Observe(tracer))
	for i := range 5000 {
		_, _ = rollcall.Dispatch(context.Background(), d, &event.Generic{Name: fmt.Sprint("made.", i)})
	}
	stats := tracer.Stats()
	if stats[0].Event != "(others)" || stats[0].Dispatches != 5000-4096 || len(stats) != 4097 {
		t.Errorf("keeps %d events; the first is %v", len(stats), stats[0])
	}
}

// A long name is not kept, not even by a short part of it.
func TestTracerCutsNames(t *testing.T) {
	tracer := &monitor.Tracer{}
	long := strings.Repeat("x", 100_000)
	p := &provider.Mutable{}
	if _, err := p.Add(rollcall.NewListener[*event.Generic](long, func(*event.Generic) {})); err != nil {
		t.Fatal(err)
	}
	d := rollcall.NewDispatcher(p, rollcall.Observe(tracer))
	for i := range 1000 {
		_ = d.Dispatch(context.Background(), &event.Generic{Name: fmt.Sprint(i, ".", long)})
	}
	const most = 256 + len("…")
	for _, e := range tracer.Stats() {
		if len(e.Event) > most || len(e.Listeners) != 1 || len(e.Listeners[0].Listener) > most {
			t.Fatalf("keeps a name of %d bytes, and %d listeners", len(e.Event), len(e.Listeners))
		}
	}
	for _, line := range tracer.Recent() {
		if len(line.Event) > most {
			t.Fatalf("remembers a name of %d bytes", len(line.Event))
		}
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > 50<<20 {
		t.Errorf("%d MB are in use after 1,000 names of 100 KB", m.HeapAlloc>>20)
	}
}

// idle returns a provider of listeners of int that do nothing.
func idle(t *testing.T, n int) *provider.Sorted {
	t.Helper()
	var listeners []rollcall.Listener
	for i := range n {
		listeners = append(listeners, rollcall.NewListener[int](fmt.Sprint("l", i), func(int) {}))
	}
	p, err := provider.Build(listeners, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Nothing is lost if many dispatch at once, also in parallel, while the counts are read.
func TestTracerConcurrently(t *testing.T) {
	tracer := &monitor.Tracer{}
	d := rollcall.NewDispatcher(idle(t, 8), rollcall.Observe(tracer), rollcall.Parallel(4))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				_ = d.Dispatch(context.Background(), 1)
				tracer.Recent()
				tracer.Stats()
			}
		})
	}
	all.Wait()
	stats := tracer.Stats()[0]
	if stats.Dispatches != 1600 || len(stats.Listeners) != 8 {
		t.Errorf("got %+v", stats)
	}
	for _, l := range stats.Listeners {
		if l.Calls != 1600 {
			t.Errorf("%s was called %d times", l.Listener, l.Calls)
		}
	}
}

// Listeners that come and go with IDs of their own don't fill the memory.
func TestTracerKeepsAsManyListenersAsItSays(t *testing.T) {
	m, tracer := &provider.Mutable{}, &monitor.Tracer{}
	d := rollcall.NewDispatcher(m, rollcall.Observe(tracer))
	for i := range 4100 {
		remove, err := m.Append(rollcall.NewListener[int](fmt.Sprint("connection", i), func(int) {}))
		if err != nil {
			t.Fatal(err)
		}
		_ = d.Dispatch(context.Background(), 1)
		remove()
	}
	listeners := tracer.Stats()[0].Listeners
	if len(listeners) != 4097 || listeners[0].Listener != "(others)" || listeners[0].Calls != 4 {
		t.Errorf("keeps %d listeners; the first is %v", len(listeners), listeners[0])
	}
}

// The p50 and p99 of a hundred calls of 1 to 100 ms are right. A very long call counts
// as a minute.
func TestTracerQuantiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracer := &monitor.Tracer{}
		p, err := provider.Build([]rollcall.Listener{rollcall.NewListener[time.Duration]("sleeps", func(d time.Duration) { time.Sleep(d) })}, nil)
		if err != nil {
			t.Fatal(err)
		}
		d := rollcall.NewDispatcher(p, rollcall.Observe(tracer))
		for i := range 100 {
			_ = d.Dispatch(context.Background(), time.Duration(i+1)*time.Millisecond)
		}
		l := tracer.Stats()[0].Listeners[0]
		near := func(got, want time.Duration) bool { return got > want*7/8 && got < want*9/8 }
		if !near(l.P50, 50*time.Millisecond) || !near(l.P99, 99*time.Millisecond) || l.Total != 5050*time.Millisecond {
			t.Errorf("p50 %v, p99 %v, total %v", l.P50, l.P99, l.Total)
		}
		_ = d.Dispatch(context.Background(), 10*time.Minute)
		_ = d.Dispatch(context.Background(), 10*time.Minute)
		if l := tracer.Stats()[0].Listeners[0]; !near(l.P99, time.Minute) {
			t.Errorf("p99 %v", l.P99)
		}
	})
}

// The first hundred dispatches of a burst are remembered, and all that fail.
func TestTracerBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracer := &monitor.Tracer{Render: func(ev any) string { return fmt.Sprint(ev) }}
		p, err := provider.Build([]rollcall.Listener{rollcall.NewListener[int]("a", func(i int) error {
			if i == 150 {
				return errors.New("no")
			}
			return nil
		})}, nil)
		if err != nil {
			t.Fatal(err)
		}
		d := rollcall.NewDispatcher(p, rollcall.Observe(tracer))
		for i := range 200 {
			_ = d.Dispatch(context.Background(), i)
		}
		lines := tracer.Recent()
		if len(lines) != 100 || lines[0].Payload != "150" || lines[1].Payload != "99" || lines[99].Payload != "1" {
			t.Errorf("%d lines, the newest are %s and %s, the oldest %s", len(lines), lines[0].Payload, lines[1].Payload, lines[len(lines)-1].Payload)
		}
		time.Sleep(100 * time.Millisecond)
		_ = d.Dispatch(context.Background(), 7)
		if got := tracer.Recent()[0].Payload; got != "7" {
			t.Errorf("the newest is %s", got)
		}
	})
}

// lingering is an observer that does something at the end of a dispatch.
type lingering struct {
	rollcall.Observation
	end func()
}

func (l lingering) Begin(ctx context.Context, _ rollcall.Dispatched) (context.Context, rollcall.Observation) {
	return ctx, l
}

func (lingering) Calling(ctx context.Context, _ int) context.Context { return ctx }
func (lingering) Returned(int, error)                                {}
func (l lingering) End(error)                                        { l.end() }

// A dispatch that was overtaken counts in the burst that overtook it.
func TestTracerBurstOvertakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracer := &monitor.Tracer{Render: func(ev any) string { return fmt.Sprint(ev) }}
		p, err := provider.Build([]rollcall.Listener{rollcall.NewListener[int]("a", func(int) {})}, nil)
		if err != nil {
			t.Fatal(err)
		}
		fast := rollcall.NewDispatcher(p, rollcall.Observe(tracer))
		burst := func() {
			time.Sleep(100 * time.Millisecond)
			for i := range 99 {
				_ = fast.Dispatch(context.Background(), i)
			}
		}
		overtaken := rollcall.NewDispatcher(p, rollcall.Observe(lingering{end: burst}), rollcall.Observe(tracer))
		_ = overtaken.Dispatch(context.Background(), 1000)
		_ = fast.Dispatch(context.Background(), 99)
		if lines := tracer.Recent(); len(lines) != 100 || lines[0].Payload != "1000" {
			t.Errorf("%d lines, the newest is %s", len(lines), lines[0].Payload)
		}
	})
}

// A panic of the application's functions does not harm a dispatch.
func TestTracerShieldsDispatches(t *testing.T) {
	broken := rollcall.NewListener[int]("broken", func(int) error { return unspeakable{} })
	long := rollcall.NewListener[string]("long", func(string) error { return errors.New(strings.Repeat("ä", 10_000)) })
	p, err := provider.Build([]rollcall.Listener{broken, long}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tracer := &monitor.Tracer{Render: func(any) string { panic("can't") }}
	d := rollcall.NewDispatcher(p, rollcall.Observe(tracer))
	_ = d.Dispatch(context.Background(), 1)
	_ = d.Dispatch(context.Background(), "x")
	lines := tracer.Recent()
	if lines[1].Payload != "(rendering it panicked: can't)" || !strings.Contains(lines[1].Steps[0].Err, "speechless") {
		t.Errorf("got %+v", lines[1])
	}
	if n := len(lines[0].Err); n < 4000 || n > 4100 || !utf8.ValidString(lines[0].Err) || lines[0].Steps[0].Err != lines[0].Err {
		t.Errorf("an error of 20 kB is kept as %d bytes", n)
	}
}

// A nil tracer observes nothing. Samples of any size are valid.
func TestTracerOfAnySample(t *testing.T) {
	var none *monitor.Tracer
	all, negative, rare := &monitor.Tracer{Sample: 1}, &monitor.Tracer{Sample: -1}, &monitor.Tracer{Sample: math.MaxInt}
	d := shop(t, rollcall.Observe(none), rollcall.Observe(all), rollcall.Observe(negative), rollcall.Observe(rare))
	if err := d.Dispatch(context.Background(), &placed{}); err != nil {
		t.Fatal(err)
	}
	none.Reset()
	if stats, lines := none.Stats(), none.Recent(); stats != nil || lines != nil {
		t.Errorf("a nil tracer has seen %v, %v", stats, lines)
	}
	if len(all.Recent()) != 1 || len(negative.Recent()) != 1 {
		t.Errorf("%d and %d of one dispatch were timed", len(all.Recent()), len(negative.Recent()))
	}
	if stats := rare.Stats(); len(stats) != 1 || stats[0].Dispatches != 1 {
		t.Errorf("counted %+v", stats)
	}
}

// After a Reset, only later dispatches count. One that was under way is forgotten.
func TestTracerReset(t *testing.T) {
	tracer := &monitor.Tracer{Render: func(ev any) string { return fmt.Sprint(ev) }}
	tracer.Reset()
	p, err := provider.Build([]rollcall.Listener{rollcall.NewListener[int]("a", func(i int) {
		if i == 2 {
			tracer.Reset()
		}
	})}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := rollcall.NewDispatcher(p, rollcall.Observe(tracer))
	dispatch := func(i int) {
		if err := d.Dispatch(context.Background(), i); err != nil {
			t.Fatal(err)
		}
	}
	dispatch(1)
	dispatch(2)
	if stats, lines := tracer.Stats(), tracer.Recent(); len(stats) != 0 || len(lines) != 0 {
		t.Errorf("after the reset it knows %+v, %+v", stats, lines)
	}
	dispatch(3)
	dispatch(4)
	stats, lines := tracer.Stats(), tracer.Recent()
	if len(stats) != 1 || stats[0].Dispatches != 2 || stats[0].Listeners[0].Calls != 2 || len(lines) != 2 || lines[1].Payload != "3" {
		t.Errorf("it knows %+v, %+v", stats, lines)
	}
}

// The tracer is reset while many dispatch. It never counts more than was dispatched,
// and nothing is left after the last reset.
func TestTracerResetConcurrently(t *testing.T) {
	tracer := &monitor.Tracer{}
	d := rollcall.NewDispatcher(idle(t, 2), rollcall.Observe(tracer), rollcall.Parallel(2))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 200 {
				if err := d.Dispatch(context.Background(), 1); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 200 {
				tracer.Reset()
				for _, s := range tracer.Stats() {
					if s.Dispatches > 800 {
						t.Errorf("counted %d of 800", s.Dispatches)
					}
				}
				if n := len(tracer.Recent()); n > 100 {
					t.Errorf("remembers %d", n)
				}
			}
		})
	}
	all.Wait()
	tracer.Reset()
	if stats, lines := tracer.Stats(), tracer.Recent(); len(stats) != 0 || len(lines) != 0 {
		t.Errorf("after the last reset it knows %+v, %d dispatches", stats, len(lines))
	}
}

// unspeakable is an error that can't say what it is.
type unspeakable struct{}

func (unspeakable) Error() string { panic("speechless") }

// A listener that ends its goroutine is remembered as one that did not return, also in
// parallel.
func TestTracerGoexit(t *testing.T) {
	for _, options := range [][]rollcall.Option{nil, {rollcall.Parallel(2)}} {
		tracer := &monitor.Tracer{}
		p, err := provider.Build([]rollcall.Listener{rollcall.NewListener[int]("leaves", func(int) { runtime.Goexit() }), rollcall.NewListener[int]("after", func(int) {}, `after:"leaves"`)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		d := rollcall.NewDispatcher(p, append(options, rollcall.Observe(tracer))...)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = d.Dispatch(context.Background(), 1)
		}()
		<-ended
		step := tracer.Recent()[0].Steps[0]
		if !step.Called || step.Returned || step.Took < 0 || tracer.Stats()[0].Listeners[0].Calls != 1 {
			t.Errorf("got %+v, %+v", step, tracer.Stats())
		}
	}
}

// A provider whose lists change keeps the counts.
func TestTracerOfChangingLists(t *testing.T) {
	m, tracer := &provider.Mutable{}, &monitor.Tracer{}
	d := rollcall.NewDispatcher(m, rollcall.Observe(tracer))
	for _, id := range []string{"a", "b"} {
		if _, err := m.Add(rollcall.NewListener[int](id, func(int) {})); err != nil {
			t.Fatal(err)
		}
		_ = d.Dispatch(context.Background(), 1)
	}
	var calls []string
	for _, l := range tracer.Stats()[0].Listeners {
		calls = append(calls, fmt.Sprint(l.Listener, " ", l.Calls))
	}
	if got := strings.Join(calls, ", "); got != "a 2, b 1" {
		t.Errorf("got %s", got)
	}
}

// A listener that hears an event by its type and by an interface counts as one.
func TestTracerOfAListenerThatListensTwice(t *testing.T) {
	p, err := provider.Build([]rollcall.Listener{
		rollcall.NewListener[*placed]("a", func(*placed) {}), rollcall.NewListener[event.Stoppable]("a", func(event.Stoppable) {}),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tracer := &monitor.Tracer{}
	_ = rollcall.NewDispatcher(p, rollcall.Observe(tracer)).Dispatch(context.Background(), &placed{})
	if stats := tracer.Stats()[0].Listeners; len(stats) != 1 || stats[0].Calls != 2 {
		t.Errorf("got %+v", stats)
	}
}

// hostileCalling is an observer that panics before each listener.
type hostileCalling struct{ rollcall.Observation }

func (h hostileCalling) Begin(ctx context.Context, _ rollcall.Dispatched) (context.Context, rollcall.Observation) {
	return ctx, h
}

func (hostileCalling) Calling(context.Context, int) context.Context { panic("an observer") }
func (hostileCalling) Returned(int, error)                          {}
func (hostileCalling) End(error)                                    {}

// A call that another observer prevents is not counted.
func TestTracerBehindAnObserverThatPanics(t *testing.T) {
	for _, options := range [][]rollcall.Option{nil, {rollcall.Parallel(2)}} {
		tracer := &monitor.Tracer{}
		d := shop(t, append(options, rollcall.Observe(hostileCalling{}), rollcall.Observe(tracer))...)
		_ = d.Dispatch(context.Background(), &placed{})
		if stats := tracer.Stats()[0]; stats.Failed != 1 || len(stats.Listeners) != 0 {
			t.Errorf("counted %+v", stats)
		}
		if line := tracer.Recent()[0]; !strings.HasSuffix(line.Err, "panic: an observer") || line.Steps[0] != (monitor.Step{Listener: "slow"}) {
			t.Errorf("remembers %+v", line)
		}
	}
}

// BenchmarkTracer measures a dispatch to listeners that do nothing, without a
// tracer and with one.
func BenchmarkTracer(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		listeners := make([]rollcall.Listener, n)
		for i := range listeners {
			listeners[i] = rollcall.NewListener[*placed](fmt.Sprint("l", i), func(context.Context, *placed) error { return nil })
		}
		p, err := provider.Build(listeners, nil)
		if err != nil {
			b.Fatal(err)
		}
		for name, options := range map[string][]rollcall.Option{
			"off": nil, "on": {rollcall.Observe(&monitor.Tracer{})}, "sample": {rollcall.Observe(&monitor.Tracer{Sample: 100})},
		} {
			m := rollcall.NewEmitter[*placed](rollcall.NewDispatcher(p, options...))
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					e := &placed{}
					for pb.Next() {
						if err := m.Emit(context.Background(), e); err != nil {
							b.Error(err)
						}
					}
				})
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/listener")
			})
		}
	}
}

// empty is a provider without listeners.
type empty struct{}

func (empty) Listeners(any) (*rollcall.Listeners, error) { return nil, nil }
