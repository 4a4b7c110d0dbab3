package rollcall_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/rollcall-go/rollcall"
)

//go:noinline
func count(_ context.Context, d *deleted) error {
	d.n++
	return nil
}

// BenchmarkDispatch compares the ways to dispatch with a bare loop.
func BenchmarkDispatch(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		var all listeners
		var funcs []func(context.Context, *deleted) error
		for i := range n {
			all = append(all, rollcall.NewListener[*deleted](fmt.Sprint("l", i), count))
			funcs = append(funcs, count)
		}
		d := rollcall.NewDispatcher(build(b, all))
		emitter := rollcall.NewEmitter[*deleted](d)
		cancellable, cancel := context.WithCancel(context.Background())
		defer cancel()
		e := &deleted{}
		for _, way := range []struct {
			name string
			run  func() error
		}{
			{"loop", func() error {
				for _, f := range funcs {
					if err := f(ctx, e); err != nil {
						return err
					}
				}
				return nil
			}},
			{"emitter", func() error { return emitter.Emit(ctx, e) }},
			{"emitter-cancel", func() error { return emitter.Emit(cancellable, e) }},
			{"generic", func() error { _, err := rollcall.Dispatch(ctx, d, e); return err }},
			{"dispatcher", func() error { return d.Dispatch(ctx, e) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", way.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := way.run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
