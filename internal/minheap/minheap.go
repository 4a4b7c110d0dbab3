// Package minheap is a binary heap of small numbers. It is faster than container/heap,
// which calls its methods through an interface.
package minheap

// Heap returns its smallest number first. The zero Heap is empty; a sorted slice is a
// Heap.
type Heap []int32

// Push adds a number.
func (h *Heap) Push(x int32) {
	s := append(*h, x)
	i := len(s) - 1
	for i > 0 && s[(i-1)/2] > x {
		s[i] = s[(i-1)/2]
		i = (i - 1) / 2
	}
	s[i] = x
	*h = s
}

// Pop removes and returns the smallest number. The heap must not be empty.
func (h *Heap) Pop() int32 {
	s := *h
	top, x := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	for i := 0; len(s) > 0; {
		child := 2*i + 1
		if child+1 < len(s) && s[child+1] < s[child] {
			child++
		}
		if child >= len(s) || s[child] >= x {
			s[i] = x
			break
		}
		s[i] = s[child]
		i = child
	}
	*h = s
	return top
}
