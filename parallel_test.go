package rollcall_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

// diary is an event that remembers when listeners began and ended.
type diary struct {
	event.Propagation
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(what, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, what+" "+id)
}

// at is the index of a line, -1 for none.
func (d *diary) at(what, id string) int {
	for i, line := range d.lines {
		if line == what+" "+id {
			return i
		}
	}
	return -1
}

func (d *diary) began() string {
	var ids []string
	for _, line := range d.lines {
		if id, ok := strings.CutPrefix(line, "begin "); ok {
			ids = append(ids, id)
		}
	}
	return strings.Join(ids, " ")
}

func writing(id string, tag tags.Tag, during func(context.Context, *diary) error) rollcall.Listener {
	return rollcall.NewListener[*diary](id, func(ctx context.Context, d *diary) error {
		d.note("begin", id)
		defer d.note("end", id)
		if during == nil {
			return nil
		}
		return during(ctx, d)
	}, tag)
}

// Whatever the hints, a listener begins after all that they put before it have
// ended, after every first that stands before it, and a last after all.
func TestParallelKeepsThePartialOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawListeners(t)
		rules := drawLabels(t, all)
		p, err := provider.Build(all, nil, rules)
		if err != nil {
			return // labels or the sequence close a cycle
		}
		d := &diary{}
		limit := rapid.IntRange(2, 5).Draw(t, "limit")
		if err := rollcall.NewDispatcher(p, rollcall.Parallel(limit)).Dispatch(ctx, d); err != nil {
			t.Fatal(err)
		}
		list, _ := p.Listeners(d)
		checkDiary(t, list, d)
		checkSequence(t, rules.Sequences[0], list, d)
	})
}

// drawLabels gives listeners the label x, or a hint that names it, and draws a sequence.
func drawLabels(t *rapid.T, all []rollcall.Listener) ordering.Rules {
	x := ordering.Target{ID: "@x", Optional: true}
	q := ordering.Sequence{Entries: []ordering.Entry{{Target: x}}}
	for i := range all {
		p := &all[i].Placement
		switch rapid.SampledFrom([]string{"", "", "", "has", "before", "after", "listed"}).Draw(t, "label") {
		case "has":
			p.Labels = []string{"x"}
		case "before":
			p.Before = append(p.Before, x)
		case "after":
			p.After = append(p.After, x)
		case "listed":
			q.Entries = append(q.Entries, ordering.Entry{Target: ordering.Target{ID: all[i].ID}})
		}
	}
	return ordering.Rules{Sequences: []ordering.Sequence{q}}
}

func means(t ordering.Target, l rollcall.Listener) bool {
	label, isLabel := t.Label()
	return t.ID == l.ID || isLabel && slices.Contains(l.Placement.Labels, label)
}

// checkSequence holds the entries against what ran: all that an earlier one means end before
// all that a later one means begin.
func checkSequence(t rapid.TB, q ordering.Sequence, list *rollcall.Listeners, d *diary) {
	t.Helper()
	for n, earlier := range q.Entries {
		for _, later := range q.Entries[n+1:] {
			for _, a := range list.All() {
				for _, b := range list.All() {
					if means(earlier.Target, a) && means(later.Target, b) && d.at("end", a.ID) > d.at("begin", b.ID) {
						t.Fatalf("%s did not end before %s began: %v", a.ID, b.ID, d.lines)
					}
				}
			}
		}
	}
}

func drawListeners(t *rapid.T) []rollcall.Listener {
	n := rapid.IntRange(1, 12).Draw(t, "listeners")
	var all []rollcall.Listener
	for i := range n {
		l := writing(fmt.Sprint("l", i), "", func(context.Context, *diary) error {
			for range 20 {
				runtime.Gosched() // others may begin
			}
			return nil
		})
		p := &l.Placement
		p.Priority = rapid.SampledFrom([]ordering.Priority{{}, {}, ordering.First(), ordering.Last(), ordering.At(3)}).Draw(t, "priority")
		for range rapid.IntRange(0, 2).Draw(t, "hints") {
			target := ordering.Target{ID: fmt.Sprint("l", rapid.IntRange(0, n-1).Draw(t, "target"))}
			switch number := atoi(target.ID[1:]); {
			case number < i:
				p.After = append(p.After, target)
			case number > i:
				p.Before = append(p.Before, target)
			}
		}
		all = append(all, l)
	}
	return all
}

func atoi(s string) (n int) {
	_, _ = fmt.Sscan(s, &n)
	return n
}

func checkDiary(t rapid.TB, list *rollcall.Listeners, d *diary) {
	t.Helper()
	if len(d.lines) != 2*list.Len() {
		t.Fatalf("%d listeners, but: %v", list.Len(), d.lines)
	}
	for i, l := range list.All() {
		for j, other := range list.All() {
			if mustPrecede(i, l, j, other) && d.at("end", l.ID) > d.at("begin", other.ID) {
				t.Fatalf("%s did not end before %s began: %v", l.ID, other.ID, d.lines)
			}
		}
	}
}

// mustPrecede says whether l, at index i, must end before other begins.
func mustPrecede(i int, l rollcall.Listener, j int, other rollcall.Listener) bool {
	names := func(targets []ordering.Target, l rollcall.Listener) bool {
		return slices.ContainsFunc(targets, func(t ordering.Target) bool { return means(t, l) })
	}
	first, last := ordering.First(), ordering.Last()
	return names(l.Placement.Before, other) || names(other.Placement.After, l) ||
		i < j && l.Placement.Priority == first && other.Placement.Priority != first ||
		i < j && other.Placement.Priority == last && l.Placement.Priority != last
}

// Two listeners that wait for each other can only run at the same time.
func TestParallelRunsAtTheSameTime(t *testing.T) {
	meet := make(chan int)
	a := writing("a", "", func(context.Context, *diary) error { meet <- 1; return nil })
	b := writing("b", "", func(context.Context, *diary) error { <-meet; return nil })
	c := writing("c", `after:"a,b"`, nil)
	for name, dispatch := range map[string]func(rollcall.Dispatcher, *diary) error{
		"untyped": func(b rollcall.Dispatcher, d *diary) error { return b.Dispatch(ctx, d) },
		"emitter": func(b rollcall.Dispatcher, d *diary) error { return rollcall.NewEmitter[*diary](b).Emit(ctx, d) },
	} {
		d := &diary{}
		if err := dispatch(rollcall.NewDispatcher(build(t, listeners{a, b, c}), rollcall.Parallel(2)), d); err != nil {
			t.Fatal(err)
		}
		coretest.Check(t, name, d.lines[len(d.lines)-1], "end c")
	}
}

func TestParallelKeepsTheLimit(t *testing.T) {
	var running, most atomic.Int32
	var all listeners
	for i := range 50 {
		all = append(all, writing(fmt.Sprint("l", i), "", func(context.Context, *diary) error {
			now := running.Add(1)
			for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
			}
			running.Add(-1)
			return nil
		}))
	}
	for range 20 {
		if err := rollcall.NewDispatcher(build(t, all), rollcall.Parallel(3)).Dispatch(ctx, &diary{}); err != nil {
			t.Fatal(err)
		}
	}
	if most.Load() > 3 {
		t.Errorf("%d at the same time", most.Load())
	}
}

// Among those that may start, the order decides: the third begins only when
// one of the first two has ended.
func TestParallelStartsInOrder(t *testing.T) {
	both := make(chan int)
	all := listeners{
		writing("c", `priority:"1"`, nil),
		writing("a", `priority:"3"`, func(context.Context, *diary) error { both <- 1; return nil }),
		writing("b", `priority:"2"`, func(context.Context, *diary) error { <-both; return nil }),
	}
	for range 50 {
		d := &diary{}
		if err := rollcall.NewDispatcher(build(t, all), rollcall.Parallel(2)).Dispatch(ctx, d); err != nil {
			t.Fatal(err)
		}
		if d.at("begin", "c") < d.at("end", "a") && d.at("begin", "c") < d.at("end", "b") {
			t.Fatalf("got %v", d.lines)
		}
	}
}

func TestParallelLimitOneIsSequential(t *testing.T) {
	all := listeners{writing("b", "", nil), writing("a", `priority:"first"`, nil), writing("c", `after:"b"`, nil)}
	for _, limit := range []int{1, 0, -1} {
		d := &diary{}
		if err := rollcall.NewDispatcher(build(t, all), rollcall.Parallel(limit)).Dispatch(ctx, d); err != nil {
			t.Fatal(err)
		}
		coretest.Check(t, "calls", strings.Join(d.lines, ", "), "begin a, end a, begin b, end b, begin c, end c")
	}
}

// The first error cancels the context of the rest, and all are waited for.
func TestParallelFirstErrorCancels(t *testing.T) {
	waiting := make(chan int)
	all := listeners{
		writing("waits", "", func(ctx context.Context, _ *diary) error { close(waiting); <-ctx.Done(); return ctx.Err() }),
		writing("fails", "", func(context.Context, *diary) error { <-waiting; return errListener }),
		writing("never", `after:"fails"`, nil),
	}
	d := &diary{}
	err := rollcall.NewDispatcher(build(t, all), rollcall.Parallel(2)).Dispatch(ctx, d)
	checkError[*rollcall.ListenerError](t, err, "listener fails of *rollcall_test.diary: failed")
	if d.at("end", "waits") < 0 || d.at("begin", "never") >= 0 {
		t.Errorf("got %v", d.lines)
	}
}

func TestParallelCollectsErrors(t *testing.T) {
	both := make(chan int)
	all := listeners{
		writing("a", "", func(context.Context, *diary) error { both <- 1; return errListener }),
		writing("b", "", func(context.Context, *diary) error { <-both; panic("no") }),
		writing("c", `priority:"last"`, nil),
	}
	d := &diary{}
	err := rollcall.NewDispatcher(build(t, all), rollcall.Parallel(2), rollcall.CollectErrors()).Dispatch(ctx, d)
	checkError[*rollcall.PanicError](t, err,
		"listener a of *rollcall_test.diary: failed\nlistener b of *rollcall_test.diary: panic: no")
	if d.at("end", "c") < 0 {
		t.Errorf("got %v", d.lines)
	}
}

// A listener may return the error of a dispatch of its own that was interrupted:
// this one goes on.
func TestParallelCollectsInterruptionOfAnother(t *testing.T) {
	another := listeners{writing("x", "", nil)}
	all := listeners{
		writing("a", "", func(ctx context.Context, d *diary) error {
			over, cancel := context.WithCancel(ctx)
			cancel()
			return rollcall.NewDispatcher(build(t, another)).Dispatch(over, d)
		}),
		writing("b", `after:"a"`, nil),
	}
	d := &diary{}
	err := rollcall.NewDispatcher(build(t, all), rollcall.Parallel(2), rollcall.CollectErrors()).Dispatch(ctx, d)
	var interrupted *rollcall.InterruptedError
	if !errors.As(err, &interrupted) || d.at("end", "b") < 0 {
		t.Errorf("got %v, %v", err, d.lines)
	}
}

func TestParallelPanics(t *testing.T) {
	all := listeners{writing("a", "", func(context.Context, *diary) error { panic(errListener) }), writing("b", `after:"a"`, nil)}
	d := &diary{}
	err := rollcall.NewDispatcher(build(t, all), rollcall.Parallel(2)).Dispatch(ctx, d)
	checkError[*rollcall.PanicError](t, err, "listener a of *rollcall_test.diary: panic: failed")

	defer func() {
		if value := recover(); value != errListener {
			t.Errorf("recovered %v", value)
		}
	}()
	t.Error("returned", rollcall.NewDispatcher(build(t, all), rollcall.Parallel(2), rollcall.PassPanics()).Dispatch(ctx, d))
}

func TestParallelStopStartsNoMore(t *testing.T) {
	stop := writing("stop", `priority:"first"`, func(_ context.Context, d *diary) error { d.StopPropagation(); return nil })
	d := &diary{}
	err := rollcall.NewDispatcher(build(t, listeners{writing("a", "", nil), stop, writing("b", "", nil)}), rollcall.Parallel(4)).Dispatch(ctx, d)
	if err != nil || d.began() != "stop" {
		t.Errorf("%v, %s", err, d.began())
	}
}

// Those that run when another stops the event go on to their end.
func TestParallelStopCancelsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running := make(chan int)
		runs := writing("runs", "", func(ctx context.Context, _ *diary) error {
			close(running)
			synctest.Wait() // until next was found stopped
			return ctx.Err()
		})
		stops := writing("stops", "", func(_ context.Context, d *diary) error { <-running; d.StopPropagation(); return nil })
		d := &diary{}
		err := rollcall.NewDispatcher(build(t, listeners{runs, stops, writing("next", `after:"stops"`, nil)}), rollcall.Parallel(2)).Dispatch(ctx, d)
		if err != nil || d.began() != "runs stops" && d.began() != "stops runs" {
			t.Errorf("%v, %s", err, d.began())
		}
	})
}

func TestParallelContextIsDone(t *testing.T) {
	done, cancel := context.WithCancel(ctx)
	cancel()
	for _, options := range [][]rollcall.Option{{rollcall.Parallel(2)}, {rollcall.Parallel(2), rollcall.CollectErrors()}} {
		d := &diary{}
		err := rollcall.NewDispatcher(build(t, listeners{writing("a", "", nil), writing("b", `after:"a"`, nil)}), options...).Dispatch(done, d)
		checkError[*rollcall.InterruptedError](t, err, "dispatch of *rollcall_test.diary stopped before listener a: context canceled")
		if d.began() != "" {
			t.Errorf("began %s", d.began())
		}
	}
}

// Lists that no sort made have an order of their own: it is kept.
func TestParallelListsWithAnOrderOfTheirOwn(t *testing.T) {
	m, err := provider.NewMap(map[event.Key][]rollcall.Listener{
		event.KeyOf[*diary](): {writing("b", "", nil), writing("a", "", nil), writing("c", "", nil)}})
	if err != nil {
		t.Fatal(err)
	}
	chain := provider.NewChain(m, build(t, listeners{writing("d", "", nil)}))
	for range 20 {
		d := &diary{}
		if err := rollcall.NewDispatcher(chain, rollcall.Parallel(4)).Dispatch(ctx, d); err != nil {
			t.Fatal(err)
		}
		coretest.Check(t, "calls", strings.Join(d.lines, ", "), "begin b, end b, begin a, end a, begin c, end c, begin d, end d")
	}
}

func TestParallelOriginAndContext(t *testing.T) {
	type key struct{}
	value := context.WithValue(ctx, key{}, "x")
	got := make(chan string, 2)
	ask := func(id string) rollcall.Listener {
		return rollcall.NewListener[*diary](id, func(ctx context.Context, _ *diary, o rollcall.Origin) { got <- o.Name + fmt.Sprint(ctx.Value(key{})) })
	}
	if err := rollcall.NewDispatcher(build(t, listeners{ask("a"), ask("b")}), rollcall.Parallel(2)).Dispatch(value, &diary{}); err != nil {
		t.Fatal(err)
	}
	coretest.Check(t, "what listeners learn", <-got+" "+<-got, "*rollcall_test.diaryx *rollcall_test.diaryx")
}

func TestParallelOfNobody(t *testing.T) {
	if err := rollcall.NewDispatcher(build(t, nil), rollcall.Parallel(2)).Dispatch(ctx, &diary{}); err != nil {
		t.Error(err)
	}
}
