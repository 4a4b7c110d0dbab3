package ordering_test

import (
	"fmt"
	"testing"

	"github.com/rollcall-go/rollcall/ordering"
)

// FuzzSort holds the result for arbitrary hints against the oracle.
// Each listener takes three bytes: its priority and two hints.
func FuzzSort(f *testing.F) {
	f.Add([]byte{0, 0, 0})
	f.Add([]byte{1, 0, 0, 2, 0x81, 0, 0, 0x01, 0x82})
	f.Add([]byte{0, 0x02, 0, 0, 0x01, 0, 7, 0x81, 0x02, 9, 0x84, 0x03})
	f.Fuzz(func(t *testing.T, data []byte) {
		items := decodeItems(data)
		checkAgainstOracle(t, items)
	})
}

const maxFuzzed = 24

func decodeItems(data []byte) []ordering.Item {
	n := min(len(data)/3, maxFuzzed)
	items := make([]ordering.Item, n)
	for i := range items {
		items[i] = ordering.Item{ID: fmt.Sprint("l", i)}
		p := &items[i].Placement
		p.Priority = decodePriority(data[3*i])
		for _, b := range data[3*i+1 : 3*i+3] {
			target := ordering.Target{ID: fmt.Sprint("l", int(b&0x3f)%n)}
			switch {
			case b&0x3f == 0x3f: // no hint
			case b&0x80 != 0:
				p.After = append(p.After, target)
			default:
				p.Before = append(p.Before, target)
			}
		}
	}
	return items
}

func decodePriority(b byte) ordering.Priority {
	switch b % 8 {
	case 0, 1, 2:
		return ordering.Priority{}
	case 3:
		return ordering.First()
	case 4:
		return ordering.Last()
	}
	return ordering.At(int(b%8) - 6)
}
