package amqpevents

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// wire is a network connection whose Write never waits. The client writes under
// locks and knows no context, so a broker that stops reading would hold up every
// caller for as long. Here a goroutine writes what has come together; that saves
// system calls, too. Whoever has much to write asks full before.
type wire struct {
	net.Conn
	reads   atomic.Int64 // how often something has come
	mu      sync.Mutex
	work    sync.Cond     // for the writing goroutine
	pending []byte        // not written yet
	room    chan struct{} // closed once there is room; nil while there is
	closed  bool
	once    sync.Once
	ended   chan struct{} // closed when the writing goroutine has ended
}

const (
	maxPending  = 256 << 10   // bytes, from which on it is full
	maxSpare    = 1 << 20     // bytes, up to which a buffer is used again
	lastWriting = time.Second // for what is left to write at the end
)

func newWire(conn net.Conn) *wire {
	w := &wire{Conn: conn, ended: make(chan struct{})}
	w.work.L = &w.mu
	go w.write()
	return w
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.reads.Add(1)
	}
	return n, err
}

// Write takes all bytes, or fails where the wire is closed.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return 0, net.ErrClosed
	}
	w.pending = append(w.pending, p...)
	w.work.Signal()
	return len(p), nil
}

// full is closed once there is room to write, nil where there is.
func (w *wire) full() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.pending) < maxPending || w.closed {
		return nil
	}
	if w.room == nil {
		w.room = make(chan struct{})
	}
	return w.room
}

// write writes until the wire is closed.
func (w *wire) write() {
	defer close(w.ended)
	var spare []byte
	for {
		out := w.take(spare[:0])
		if len(out) == 0 {
			return
		}
		if _, err := w.Conn.Write(out); err != nil {
			w.shut()
			_ = w.Conn.Close() // so that the reader learns it
			return
		}
		if spare = out; cap(out) > maxSpare {
			spare = nil
		}
	}
}

// take waits for something to write; nothing once the wire is closed.
func (w *wire) take(spare []byte) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.pending) == 0 && !w.closed {
		w.work.Wait()
	}
	out := w.pending
	w.pending = spare
	w.openRoom()
	return out
}

func (w *wire) shut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.openRoom()
	w.work.Signal()
}

// openRoom needs the lock.
func (w *wire) openRoom() {
	if w.room != nil {
		close(w.room)
		w.room = nil
	}
}

// Close writes what is left, for a second at most.
func (w *wire) Close() (err error) {
	w.once.Do(func() {
		w.shut()
		_ = w.SetWriteDeadline(time.Now().Add(lastWriting))
		<-w.ended
		err = w.Conn.Close()
	})
	return err
}
