package sqlevents

import (
	"testing"
	"time"
)

// A lease ends by the first of two clocks: one may stand still, the other may be set back.
func TestLeaseEndsByEitherClock(t *testing.T) {
	begun := time.Now()
	until := begun.Add(10 * time.Second)
	p := &partition{until: until, untilWall: until.Round(0)}
	monotonic := func(d time.Duration) time.Time { return begun.Add(d) }
	for name, tt := range map[string]struct {
		now  time.Time
		want bool
	}{
		"both run":               {monotonic(9 * time.Second), true},
		"both ended":             {monotonic(11 * time.Second), false},
		"suspended: wall only":   {begun.Round(0).Add(11 * time.Second), false},
		"without monotonic time": {begun.Round(0).Add(9 * time.Second), true},
	} {
		if got := p.valid(tt.now); got != tt.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
	set := &partition{until: until, untilWall: until.Round(0).Add(time.Hour)} // the wall clock was set back by an hour
	if set.valid(monotonic(11 * time.Second)) {
		t.Error("a lease goes on although the monotonic clock has passed its end")
	}
}
