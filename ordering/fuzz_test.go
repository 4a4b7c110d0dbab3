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

// FuzzRules is FuzzSort with labels, a sequence and listeners that are off. The first two
// bytes of a listener are its labels and what it names, the third one what the rules say.
func FuzzRules(f *testing.F) {
	f.Add([]byte{0x01, 0x00, 0, 0x02, 0x11, 0})
	f.Add([]byte{0x01, 0x00, 0x01, 0x02, 0x00, 0x02, 0x04, 0x00, 0x80})
	f.Fuzz(func(t *testing.T, data []byte) {
		items := make([]ordering.Item, min(len(data)/3, maxFuzzed))
		r := ordering.Rules{Sequences: []ordering.Sequence{{}}}
		for i := range items {
			labels, targets, said := data[3*i], data[3*i+1], data[3*i+2]
			items[i] = ordering.Item{ID: fmt.Sprint("l", i)}
			p := &items[i].Placement
			p.Priority = decodePriority(labels >> 3)
			for n, label := range []string{"a", "b", "c"} {
				if labels&(1<<n) != 0 {
					p.Labels = append(p.Labels, label)
				}
				optional := ordering.Target{ID: "@" + label, Optional: true}
				if targets&(1<<n) != 0 {
					p.Before = append(p.Before, optional)
				}
				if targets&(8<<n) != 0 {
					p.After = append(p.After, optional)
				}
			}
			entry := ordering.Entry{Target: ordering.Target{ID: items[i].ID}}
			if said&0x80 != 0 {
				r.Off = append(r.Off, ordering.Off{Entry: entry})
			}
			if said&0x03 == 1 {
				r.Sequences[0].Entries = append(r.Sequences[0].Entries, entry)
			}
		}
		checkRules(t, items, r)
	})
}
