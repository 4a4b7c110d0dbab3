package outbox_test

import (
	"slices"
	"time"
)

func median(list []time.Duration) time.Duration { return percentile(list, 50) }

// percentile returns the time that so many of a hundred do not exceed.
func percentile(list []time.Duration, n int) time.Duration {
	return slices.Sorted(slices.Values(list))[len(list)*n/100]
}
