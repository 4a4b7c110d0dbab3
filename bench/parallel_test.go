package bench_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

// work is an event of its own, so that its listeners may do something else.
type work struct{}

func parallel(b *testing.B, limit int, listeners ...rollcall.Listener) rollcall.Dispatcher {
	p, err := provider.Build(listeners, nil)
	if err != nil {
		b.Fatal(err)
	}
	return rollcall.NewDispatcher(p, rollcall.Parallel(limit))
}

// BenchmarkParallelWait: 12 listeners of 5 ms whose longest chain is 3.
func BenchmarkParallelWait(b *testing.B) {
	wait := func(context.Context, *work) error { time.Sleep(5 * time.Millisecond); return nil }
	var listeners []rollcall.Listener
	for i := range 12 {
		tag := tags.Place()
		if i >= 4 {
			tag = tags.Place(tags.After(fmt.Sprint("l", i-4)))
		}
		listeners = append(listeners, rollcall.NewListener[*work](fmt.Sprint("l", i), wait, tag))
	}
	d := parallel(b, 12, listeners...)
	for b.Loop() {
		if err := d.Dispatch(background, &work{}); err != nil {
			b.Fatal(err)
		}
	}
}

// noWork are two ways to call 1,000 functions that do nothing: listeners, and an
// errgroup that starts as many, with the same limit.
func noWork(b *testing.B, limit int) (ours, group func()) {
	nothing := func(context.Context, *work) error { return nil }
	var listeners []rollcall.Listener
	for i := range 1000 {
		listeners = append(listeners, rollcall.NewListener[*work](fmt.Sprint("l", i), nothing))
	}
	d := parallel(b, limit, listeners...)
	ours = func() {
		if err := d.Dispatch(background, &work{}); err != nil {
			b.Fatal(err)
		}
	}
	group = func() {
		g, ctx := errgroup.WithContext(background)
		g.SetLimit(limit)
		for range 1000 {
			g.Go(func() error { return nothing(ctx, nil) })
		}
		if err := g.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	return ours, group
}

var noWorkLimits = []int{8, 1000}

// BenchmarkParallelNoWork: 1,000 listeners that do nothing, beside an errgroup.
func BenchmarkParallelNoWork(b *testing.B) {
	for _, limit := range noWorkLimits {
		rollcall, group := noWork(b, limit)
		for _, way := range []struct {
			name string
			call func()
		}{{"errgroup", group}, {"rollcall", rollcall}} {
			b.Run(fmt.Sprintf("%s/%d", way.name, limit), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					way.call()
				}
			})
		}
	}
}
