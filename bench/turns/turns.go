// Package turns compares two functions on a machine that also does other work.
package turns

import (
	"slices"
	"testing"
	"time"
)

// Compare runs two functions in turn, many times, and reports the median of the ratios
// of their times. Other work on the machine affects both. The time per operation that
// the benchmark reports means nothing.
func Compare(b *testing.B, f, against func() time.Duration) {
	var ratios []float64
	for b.Loop() {
		var x, y time.Duration
		if len(ratios)%2 == 0 {
			x, y = f(), against()
		} else {
			y, x = against(), f()
		}
		ratios = append(ratios, float64(x)/float64(y))
	}
	b.ReportMetric(median(ratios), "ratio")
}

// Taking returns a function that reports how long so many calls of f take.
func Taking(times int, f func()) func() time.Duration {
	return func() time.Duration {
		began := time.Now()
		for range times {
			f()
		}
		return time.Since(began)
	}
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}
