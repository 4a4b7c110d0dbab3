package bench_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/bench/turns"
	"github.com/rollcall-go/rollcall/ordering"
)

// BenchmarkDispatchByTurns compares two implementations of BenchmarkDispatch.
func BenchmarkDispatchByTurns(b *testing.B) {
	for _, pair := range []struct {
		name, against string
		sizes         []int
	}{
		{"emitter", "limit", []int{1, 10, 100}},
		{"emitter-mutable", "emitter", []int{1, 10}},
		{"emitter-runtime", "emitter-app", []int{1, 10, 100}},
		{"emitter-cancel", "limit-cancel", []int{10, 100}},
		{"dispatcher", "limit", []int{10, 100}},
		{"emitter", "mediatr", []int{10}},
		{"limit-recover", "limit", []int{10, 100}},
		{"limit-cancel-recover", "limit-cancel", []int{10, 100}},
	} {
		for _, n := range pair.sizes {
			b.Run(fmt.Sprintf("%s/%s/%d", pair.name, pair.against, n), func(b *testing.B) {
				f, against := dispatching(b, pair.name, n), dispatching(b, pair.against, n)
				times := 1 + int(50*time.Microsecond/(1+turns.Taking(1000, against)()/1000))
				turns.Compare(b, turns.Taking(times, f), turns.Taking(times, against))
			})
		}
	}
}

func dispatching(b *testing.B, name string, n int) func() {
	i := slices.IndexFunc(implementations, func(i implementation) bool { return i.name == name })
	return implementations[i].ready(b, n)(&Event{})
}

// BenchmarkAssembleByTurns compares apps of BenchmarkAssemble. Each begins with
// no garbage, as an application does.
func BenchmarkAssembleByTurns(b *testing.B) {
	assembling := func(name string) func() time.Duration {
		i := slices.IndexFunc(apps, func(a app) bool { return a.name == name })
		return func() time.Duration {
			runtime.GC()
			return turns.Taking(1, func() {
				if err := fx.New(fx.NopLogger, apps[i].options(1_000)).Err(); err != nil {
					b.Fatal(err)
				}
			})()
		}
	}
	for _, pair := range [][2]string{
		{"limit-listener", "limit"}, {"listen", "limit"}, {"aslistener", "limit"},
		{"list", "list-limit"}, {"list-parameters", "list-limit-parameters"},
	} {
		b.Run(pair[0]+"/"+pair[1]+"/1000", func(b *testing.B) { turns.Compare(b, assembling(pair[0]), assembling(pair[1])) })
	}
}

// BenchmarkOrderByTurns compares two of BenchmarkOrder, which sort 100,000 items
// in each turn.
func BenchmarkOrderByTurns(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		items, times := tangle(n), 100_000/n
		sorting := func(sort func([]ordering.Item) (int, error)) func() time.Duration {
			return turns.Taking(times, func() {
				if got, err := sort(items); got != n || err != nil {
					b.Fatalf("%d of %d sorted, %v", got, n, err)
				}
			})
		}
		b.Run(fmt.Sprintf("rollcall/limit/%d", n), func(b *testing.B) { turns.Compare(b, sorting(sortRollcall), sorting(kahn)) })
	}
}

// BenchmarkParallelNoWorkByTurns compares the two of BenchmarkParallelNoWork.
func BenchmarkParallelNoWorkByTurns(b *testing.B) {
	for _, limit := range noWorkLimits {
		rollcall, group := noWork(b, limit)
		b.Run(fmt.Sprintf("rollcall/errgroup/%d", limit), func(b *testing.B) { turns.Compare(b, turns.Taking(1, rollcall), turns.Taking(1, group)) })
	}
}
