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
