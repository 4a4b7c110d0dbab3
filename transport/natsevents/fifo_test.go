package natsevents

import (
	"math/rand/v2"
	"testing"
)

// What is pushed is popped in that order, and a fifo that is never empty does not
// grow.
func TestFifo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var f fifo[int]
	pushed, popped := 0, 0
	for range 10_000 {
		waiting := pushed - popped
		if f.empty() != (waiting == 0) {
			t.Fatalf("empty is %v with %d waiting", f.empty(), waiting)
		}
		if waiting < 2 || waiting < 20 && r.IntN(2) == 0 {
			pushed++
			f.push(pushed)
			continue
		}
		popped++
		if got := f.pop(); got != popped {
			t.Fatalf("got %d, want %d", got, popped)
		}
	}
	if popped < 1000 || cap(f.items) > 100 {
		t.Errorf("%d popped; room for %d where 20 waited at most", popped, cap(f.items))
	}
}
