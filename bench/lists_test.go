package bench_test

import (
	"runtime"
	"slices"
	"testing"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/tags"
)

// middleware is a member of a list.
type middleware func(int) int

func newMiddleware() middleware { return func(i int) int { return i } }

func newFromComponent(c *component) (middleware, error) {
	return func(i int) int { return i + c.id }, nil
}

// aList is an app with a list of n contributions, or a bare value group of the same.
func aList(n int, constructor any, contribute func(tag tags.Tag) fx.Option) fx.Option {
	options := []fx.Option{fx.Provide(func() *component { return &component{} })}
	if contribute == nil {
		options = append(options, fx.Invoke(fx.Annotate(func([]middleware) {}, fx.ParamTags(`group:"bare"`))))
		for range n {
			options = append(options, fx.Provide(fx.Annotated{Group: "bare", Target: constructor}))
		}
		return fx.Options(options...)
	}
	options = append(options, fxevents.Module(), fxevents.Ordered[middleware]("list"), fx.Invoke(func([]middleware) {}))
	for _, tag := range written[:n] {
		options = append(options, contribute(tag))
	}
	return fx.Options(options...)
}

// formed is what a contribution is for the container: a member of the group of its list,
// and of that of all lists.
type formed struct {
	fx.Out

	List *placedMiddleware `group:"list"`
	All  counter           `group:"all"`
}

type placedMiddleware struct {
	counted
	middleware
}

// inForm is an app that asks the container for what a list of n contributions asks, without
// rollcall.
func inForm(n int, constructor func() any) fx.Option {
	options := []fx.Option{fx.Provide(newCounter, func() *component { return &component{} }),
		fx.Invoke(fx.Annotate(func([]*placedMiddleware, []counter) {}, fx.ParamTags(`group:"list"`, `group:"all"`)))}
	for range n {
		options = append(options, provideForm[middleware](constructor()))
	}
	return fx.Options(options...)
}

// provideForm registers a constructor as any function like Contribute has to: Fx keeps the
// name and place of the caller.
//
//go:noinline
func provideForm[T any](constructor any) fx.Option { return fx.Provide(constructor) }

// newFormed returns a constructor that is a function literal of a generic function, as that
// of Contribute is: dig keeps its name.
func newFormed[T any]() any {
	return func(declared counter) formed {
		m := &placedMiddleware{counted{declared.next()}, newMiddleware()}
		return formed{List: m, All: m}
	}
}

func newFormedFromComponent(declared counter, c *component) (formed, error) {
	f, err := newFromComponent(c)
	m := &placedMiddleware{counted{declared.next()}, f}
	return formed{List: m, All: m}, err
}

// BenchmarkListMemory measures what an application keeps of each of 4,000 contributions,
// beyond what the container keeps of a bare value group that has the same form.
func BenchmarkListMemory(b *testing.B) {
	for b.Loop() {
		b.ReportMetric((appKept(b, "list")-appKept(b, "list-form"))/4_000, "bytes/contribution")
		b.ReportMetric((appKept(b, "list-parameters")-appKept(b, "list-form-parameters"))/4_000, "bytes/contribution-with-parameters")
	}
}

// appKept is the live heap of an app with 4,000 members.
func appKept(b *testing.B, name string) float64 {
	i := slices.IndexFunc(apps, func(a app) bool { return a.name == name })
	before := heapInUse()
	app := fx.New(fx.NopLogger, apps[i].options(4_000))
	if err := app.Err(); err != nil {
		b.Fatal(err)
	}
	used := heapInUse() - before
	runtime.KeepAlive(app)
	return used
}
