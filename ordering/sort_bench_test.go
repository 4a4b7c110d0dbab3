package ordering_test

import (
	"fmt"
	"testing"

	"github.com/rollcall-go/rollcall/ordering"
)

// BenchmarkSort sorts items with a priority and two hints each.
func BenchmarkSort(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000, 100_000} {
		items := tangle(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ordering.Sort(items); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLabel sorts the members of one label and as many that name it.
func BenchmarkLabel(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000} {
		items := members(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ordering.Sort(items); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSequence sorts items that one sequence lists in the opposite of declared order.
func BenchmarkSequence(b *testing.B) {
	items := chain(10_000)
	var q ordering.Sequence
	for i := range items {
		items[i].Placement = ordering.Placement{}
		q.Entries = append(q.Entries, ordering.Entry{Target: ordering.Target{ID: items[len(items)-1-i].ID}})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ordering.Sort(items, ordering.Rules{Sequences: []ordering.Sequence{q}}); err != nil {
			b.Fatal(err)
		}
	}
}
