package minheap_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/rollcall-go/rollcall/internal/minheap"
)

func TestPopGivesTheSmallest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h minheap.Heap
		var model []int32
		for _, x := range rapid.SliceOf(rapid.Int32Range(-1, 50)).Draw(t, "pushes, or -1 to pop") {
			if x >= 0 {
				h.Push(x)
				model = append(model, x)
			} else if len(model) > 0 {
				smallest := slices.Min(model)
				model = slices.Delete(model, slices.Index(model, smallest), slices.Index(model, smallest)+1)
				if got := h.Pop(); got != smallest {
					t.Fatalf("got %d, want %d", got, smallest)
				}
			}
		}
	})
}
