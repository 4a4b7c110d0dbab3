package sqlevents

import (
	"fmt"
	"testing"
)

// Keys that look alike are spread over partitions and slots, about as random ones are.
func TestKeysAreSpread(t *testing.T) {
	forms := map[string]func(int) string{
		"numbers": func(i int) string { return fmt.Sprint(i) },
		"orders":  func(i int) string { return fmt.Sprintf("order-%06d", i) },
		"letters": func(i int) string { return string(rune('a'+i%26)) + string(rune('a'+i/26)) },
	}
	for name, key := range forms {
		var inPart [partitions]int
		used := map[int]bool{}
		const keys = 640
		for i := range keys {
			inPart[partOf(key(i))]++
			used[slotOf(key(i))] = true
		}
		for part, n := range inPart {
			if n == 0 || n > 4*keys/partitions {
				t.Errorf("%s: partition %d has %d of %d keys", name, part, n, keys)
			}
		}
		if len(used) < 400 { // random: 476
			t.Errorf("%s: %d keys share %d slots", name, keys, len(used))
		}
	}
}

// The stored rows of all instances depend on this.
func TestHashStays(t *testing.T) {
	if h := hash("order-1"); h != 0x491b422e3af0d9a5 {
		t.Errorf("the hash is %#x", h)
	}
	if h := hash("ord", "", "er-1"); h != 0x491b422e3af0d9a5 {
		t.Errorf("the hash of parts is %#x", h)
	}
}
