package bench_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

// component listens in an app.
type component struct{ id int }

func (c *component) On(context.Context, *Event) error { return nil }

// counter gives declared order.
type counter interface{ next() int }

type counted struct{ n int }

func (c *counted) next() int { c.n++; return c.n }

func newCounter() counter { return &counted{} }

// bareListener is what a hand-written group holds.
type bareListener struct {
	priority int
	call     func(context.Context, *Event) error
}

// written are tags, which stand in the source of a real application.
var written = func() []tags.Tag {
	var list []tags.Tag
	for i := range 4_000 {
		list = append(list, tags.Place(tags.Priority(i), tags.ID(fmt.Sprint("l", i))))
	}
	return list
}()

// listenBarely registers a listener as any function like Listen has to.
func listenBarely[L, E any](func(L, context.Context, E) error) fx.Option {
	return fx.Provide(fx.Annotated{Group: "bare,flatten", Target: func(declared counter, _ L) []rollcall.Listener {
		var l rollcall.Listener
		rollcall.Internal.PlaceListener(friend.Key{}, &l, declared.next())
		return []rollcall.Listener{l}
	}})
}

// app is an Fx app of n listeners.
type app struct {
	name    string
	options func(n int) fx.Option
}

// apps differ in how the listeners get into them.
var apps = []app{
	{"limit", func(n int) fx.Option {
		options := []fx.Option{fx.Provide(func() *component { return &component{} }),
			fx.Invoke(fx.Annotate(func(all []bareListener) {
				slices.SortFunc(all, func(a, b bareListener) int { return b.priority - a.priority })
			}, fx.ParamTags(`group:"bare"`)))}
		for i := range n {
			options = append(options, fx.Provide(fx.Annotated{Group: "bare", Target: func(c *component) bareListener {
				return bareListener{i, c.On}
			}}))
		}
		return fx.Options(options...)
	}},
	{"limit-listener", func(n int) fx.Option { // what the container takes for Listen, without rollcall
		options := []fx.Option{fx.Provide(func() *component { return &component{} }), fx.Module("bare",
			fx.Provide(newCounter),
			collectListeners)}
		for range n {
			options = append(options, listenBarely((*component).On))
		}
		return fx.Options(options...)
	}},
	{"listen", func(n int) fx.Option {
		options := []fx.Option{fxevents.Module(), fxevents.Event[*Event](""), fx.Provide(func() *component { return &component{} })}
		for _, tag := range written[:n] {
			options = append(options, fxevents.Listen((*component).On, tag))
		}
		return fx.Options(options...)
	}},
	{"aslistener", func(n int) fx.Option {
		options := []fx.Option{fxevents.Module(), fxevents.Event[*Event]("")}
		for i, tag := range written[:n] {
			options = append(options, fxevents.AsListener(func() *component { return &component{i} }, tag+` method:"On"`))
		}
		return fx.Options(options...)
	}},
	{"list-limit", func(n int) fx.Option { return aList(n, newMiddleware, nil) }},
	{"list", func(n int) fx.Option {
		return aList(n, nil, func(tag tags.Tag) fx.Option { return fxevents.Contribute[middleware](newMiddleware, tag) })
	}},
	{"list-form", func(n int) fx.Option { return inForm(n, newFormed[middleware]) }},
	{"list-form-parameters", func(n int) fx.Option { return inForm(n, func() any { return fx.Annotate(newFormedFromComponent) }) }},
	{"list-limit-parameters", func(n int) fx.Option { return aList(n, newFromComponent, nil) }},
	{"list-parameters", func(n int) fx.Option {
		return aList(n, nil, func(tag tags.Tag) fx.Option { return fxevents.Contribute[middleware](newFromComponent, tag) })
	}},
}

// BenchmarkAssemble builds an Fx app with N listeners.
func BenchmarkAssemble(b *testing.B) {
	for _, app := range apps {
		for _, n := range []int{10, 100, 1_000, 4_000} {
			b.Run(fmt.Sprintf("%s/%d", app.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := fx.New(fx.NopLogger, app.options(n)).Err(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// parts lead from limit to limit-listener, one step at a time.
var parts = []struct {
	name   string
	listen func(i int) fx.Option
	// collect gets the listeners.
	collect fx.Option
}{
	{"limit", func(i int) fx.Option {
		return fx.Provide(fx.Annotated{Group: "bare", Target: func(c *component) bareListener { return bareListener{i, c.On} }})
	}, collectBare},
	{"by-a-function", func(i int) fx.Option { return byFunction(i, (*component).On) }, collectBare},
	{"with-the-counter", func(i int) fx.Option { return withCounter(i, (*component).On) }, collectBare},
	{"of-our-type", func(int) fx.Option { return listenBarely((*component).On) }, collectListeners},
	{"in-a-module", func(int) fx.Option { return listenBarely((*component).On) }, fx.Module("bare", collectListeners)},
}

var (
	collectBare      = fx.Invoke(fx.Annotate(func([]bareListener) {}, fx.ParamTags(`group:"bare"`)))
	collectListeners = fx.Invoke(fx.Annotate(func([]rollcall.Listener) {}, fx.ParamTags(`group:"bare"`)))
)

func byFunction[L, E any](i int, _ func(L, context.Context, E) error) fx.Option {
	return fx.Provide(fx.Annotated{Group: "bare", Target: func(L) bareListener { return bareListener{priority: i} }})
}

func withCounter[L, E any](i int, _ func(L, context.Context, E) error) fx.Option {
	return fx.Provide(fx.Annotated{Group: "bare", Target: func(declared counter, _ L) bareListener {
		return bareListener{priority: i + declared.next()}
	}})
}

// BenchmarkAssembleParts shows what the container takes for each thing that
// Listen needs of it, for 1,000 listeners.
func BenchmarkAssembleParts(b *testing.B) {
	for _, part := range parts {
		b.Run(part.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				options := []fx.Option{fx.NopLogger, part.collect, fx.Provide(func() *component { return &component{} }, newCounter)}
				for i := range 1_000 {
					options = append(options, part.listen(i))
				}
				if err := fx.New(options...).Err(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMemory measures what a built provider and its dispatcher keep, at
// 4,000 listeners of 400 events, beyond the listeners' own functions.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		listeners := kept(b, 4000)
		fewer := kept(b, 2000)
		b.ReportMetric((listeners-fewer)/2000, "bytes/listener")
		b.ReportMetric((listeners-4000*(listeners-fewer)/2000)/400, "bytes/event")
	}
}

// kept is the live heap of a provider and a dispatcher of n listeners of 400
// named events.
func kept(b *testing.B, n int) float64 {
	listeners := make([]rollcall.Listener, n)
	for i := range listeners {
		listeners[i] = rollcall.NewListener[any](fmt.Sprintf("module%d.Listener%d", i%60, i), func(any) {},
			tags.OnName(fmt.Sprintf("module.event%d", i%400), tags.Priority(i)))
	}
	before := heapInUse()
	p, err := provider.Build(listeners, nil)
	if err != nil {
		b.Fatal(err)
	}
	d := rollcall.NewDispatcher(p)
	used := heapInUse() - before
	runtime.KeepAlive(listeners)
	runtime.KeepAlive(d)
	return used
}

func heapInUse() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
