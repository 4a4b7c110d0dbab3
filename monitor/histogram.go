package monitor

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// listenerTrace counts the calls of one listener. Each core that has called the
// listener has a shard.
type listenerTrace struct {
	shards [maxShards]atomic.Pointer[listenerShard]
}

func (l *listenerTrace) shard(i int) *listenerShard {
	if s := l.shards[i].Load(); s != nil {
		return s
	}
	l.shards[i].CompareAndSwap(nil, &listenerShard{})
	return l.shards[i].Load()
}

// listenerShard counts the calls of one core. It counts durations in buckets: four for
// each doubling, from 64 ns on.
type listenerShard struct {
	untimed, failed atomic.Uint64
	total           atomic.Int64 // nanoseconds
	buckets         [buckets]atomic.Uint64
	_               [32]byte
}

const (
	buckets    = 120 // up to 68 s
	bucketBits = 2   // buckets for each doubling, as a power of two
	smallest   = 6   // the first doubling begins at 1<<smallest ns
)

func (s *listenerShard) note(took time.Duration) {
	s.total.Add(int64(took))
	s.buckets[bucketOf(took)].Add(1)
}

// bucketOf returns the bucket of a duration.
func bucketOf(took time.Duration) int {
	n := uint64(max(took, 1<<smallest))
	doubling := bits.Len64(n) - 1
	within := n >> (doubling - bucketBits) & (1<<bucketBits - 1)
	return min(buckets-1, (doubling-smallest)<<bucketBits+int(within))
}

// middleOf returns the middle of the durations of a bucket.
func middleOf(bucket int) time.Duration {
	doubling, within := bucket>>bucketBits+smallest, uint64(bucket&(1<<bucketBits-1))
	low := (1<<bucketBits + within) << (doubling - bucketBits)
	return time.Duration(low + 1<<(doubling-bucketBits)/2)
}

// stats adds up the counts of all cores.
func (l *listenerTrace) stats() ListenerStats {
	var s ListenerStats
	var counts [buckets]uint64
	for i := range l.shards {
		shard := l.shards[i].Load()
		if shard == nil {
			continue
		}
		s.Calls += shard.untimed.Load()
		s.Failed += shard.failed.Load()
		s.Total += time.Duration(shard.total.Load())
		for b := range counts {
			n := shard.buckets[b].Load()
			counts[b] += n
			s.Timed += n
		}
	}
	s.Calls += s.Timed
	s.P50, s.P99 = quantile(&counts, s.Timed, 0.50), quantile(&counts, s.Timed, 0.99)
	return s
}

// quantile returns the duration that a share of the calls does not exceed.
func quantile(counts *[buckets]uint64, total uint64, share float64) time.Duration {
	rank, seen := uint64(share*float64(total)+0.5), uint64(0)
	for b, n := range counts {
		if seen += n; n > 0 && seen >= rank {
			return middleOf(b)
		}
	}
	return 0
}
