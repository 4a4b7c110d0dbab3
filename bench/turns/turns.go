// Package turns compares two things on a machine that does other things as well.
package turns

import (
	"slices"
	"testing"
	"time"
)

// Compare runs two things one after the other, again and again, and reports the
// median of their ratios. Whatever else the machine does then affects both. The
// reported time for an operation means nothing.
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

// Taking is how long f takes so many times.
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
