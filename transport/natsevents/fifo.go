package natsevents

// fifo is a first-in, first-out queue. Its memory is a small multiple of the most items
// that have waited at once. The zero fifo is empty.
type fifo[T any] struct {
	items []T
	taken int // how many of the first items were popped
}

func (f *fifo[T]) empty() bool { return f.taken == len(f.items) }

// push adds an item at the end.
func (f *fifo[T]) push(item T) {
	if len(f.items) == cap(f.items) && 2*f.taken >= len(f.items) { // make room instead of growing
		left := copy(f.items, f.items[f.taken:])
		clear(f.items[left:])
		f.items, f.taken = f.items[:left], 0
	}
	f.items = append(f.items, item)
}

// pop takes the first item. There must be one.
func (f *fifo[T]) pop() (item T) {
	item, f.items[f.taken] = f.items[f.taken], item
	f.taken++
	return item
}
