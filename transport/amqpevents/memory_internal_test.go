package amqpevents

import (
	"fmt"
	"strings"
	"testing"
)

// A memory is bounded: it forgets the oldest, and takes nothing very large.
func TestMemoryIsBounded(t *testing.T) {
	var m memory
	who := func(n int) identity { return identity{fmt.Sprint(n), "/shop"} }
	for n := range maxPast + 1 {
		m.noteDone(who(n))
	}
	m.noteDone(identity{strings.Repeat("x", maxIdentity), "/shop"})
	if len(m.past) != maxPast || len(m.order) != maxPast {
		t.Errorf("there are %d entries, %d in order", len(m.past), len(m.order))
	}
	if m.recall(who(0)).done || !m.recall(who(1)).done || !m.recall(who(maxPast)).done {
		t.Error("not the oldest one was forgotten")
	}
	m.forget(who(1))
	m.forget(who(1))
	if m.recall(who(1)).done || len(m.order) != maxPast-1 {
		t.Error("what is settled is not forgotten")
	}
}
