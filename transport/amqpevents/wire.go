package amqpevents

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// wire is a network connection whose Write never waits. The client writes under locks and
// without a context. A broker that stops reading would therefore block every caller.
// Here, a goroutine writes what has accumulated, which also saves system calls. Callers
// with much to write wait for full first.
type wire struct {
	net.Conn
	reads   atomic.Int64 // how many reads returned data
	mu      sync.Mutex
	work    sync.Cond     // for the writing goroutine
	pending []byte        // not written yet
	room    chan struct{} // closed when there is room; nil if no caller waits for room
	closed  bool
	once    sync.Once
	ended   chan struct{} // closed when the writing goroutine has ended
}

const (
	maxPending  = 256 << 10   // bytes from which the wire counts as full
	maxSpare    = 1 << 20     // bytes up to which a buffer is reused
	lastWriting = time.Second // for writing the remaining bytes at the end
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

// Write accepts all bytes, or fails if the wire is closed.
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

// full returns a channel that is closed when there is room to write, or nil if there is
// room now.
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
			_ = w.Conn.Close() // so that reading fails, too
			return
		}
		if spare = out; cap(out) > maxSpare {
			spare = nil
		}
	}
}

// take waits for bytes to write. It returns none if the wire is closed and nothing is
// left.
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

// openRoom closes room, if a caller waits for it. The caller of openRoom must hold the
// lock.
func (w *wire) openRoom() {
	if w.room != nil {
		close(w.room)
		w.room = nil
	}
}

// Close writes the remaining bytes, for a second at most, and closes the connection.
func (w *wire) Close() (err error) {
	w.once.Do(func() {
		w.shut()
		_ = w.SetWriteDeadline(time.Now().Add(lastWriting))
		<-w.ended
		err = w.Conn.Close()
	})
	return err
}
