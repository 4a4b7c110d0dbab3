package amqpevents

import (
	"slices"
	"sync"

	"github.com/rabbitmq/amqp091-go"
)

// identity identifies an event: an ID is unique in its source.
type identity struct{ id, source string }

// identify reads the identity of a delivery. It is empty if the message is not an event.
func identify(d amqp091.Delivery) identity {
	m, err := readMessage(d, nil)
	if err != nil {
		return identity{}
	}
	return identity{m.ID, m.Source}
}

// memory is what a subscription knows about its deliveries that the broker does not. The
// broker redelivers a message when the channel of its delivery is closed, even if a
// handler of this process still runs, or has succeeded since. A memory may be used
// concurrently.
type memory struct {
	mu      sync.Mutex
	running map[identity]chan struct{} // closed when the handler has ended; nil until a redelivery waits for that
	past    map[identity]past
	order   []identity // of past, the oldest first
}

// past is what has become of the earlier deliveries of a message.
type past struct {
	done      bool  // the handler succeeded, but the acknowledgement failed
	unstarted int64 // for so many deliveries no handler was called
}

// The limits of a memory. A message that is forgotten too early is handled again.
const (
	maxPast     = 1024 // messages
	maxIdentity = 1024 // bytes of an ID and a source
)

// begin notes that a handler runs. It returns false if one already runs for the same
// event, for example because a publisher sent it twice.
func (m *memory) begin(who identity) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, twice := m.running[who]; twice {
		return false
	}
	if m.running == nil {
		m.running = map[identity]chan struct{}{}
	}
	m.running[who] = nil
	return true
}

// end notes that the handler has ended and its verdict was carried out if possible.
func (m *memory) end(who identity) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ended := m.running[who]; ended != nil {
		close(ended)
	}
	delete(m.running, who)
}

// ended returns a channel that is closed when the handler of an event has ended. It is
// nil if no handler runs.
func (m *memory) ended(who identity) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	ended, runs := m.running[who]
	if runs && ended == nil {
		ended = make(chan struct{})
		m.running[who] = ended
	}
	return ended
}

// noteDone notes that a message was handled but could not be acknowledged.
func (m *memory) noteDone(who identity) {
	m.note(who, func(p *past) { p.done = true })
}

// noteUnstarted notes a delivery that ended before a handler was called.
func (m *memory) noteUnstarted(who identity) {
	m.note(who, func(p *past) { p.unstarted++ })
}

func (m *memory) note(who identity, change func(*past)) {
	if who.id == "" || len(who.id)+len(who.source) > maxIdentity {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p, known := m.past[who]
	if change(&p); !known {
		m.makeRoom()
		m.order = append(m.order, who)
	}
	m.past[who] = p
}

func (m *memory) makeRoom() {
	if m.past == nil {
		m.past = map[identity]past{}
	}
	if len(m.order) == maxPast {
		delete(m.past, m.order[0])
		m.order = slices.Delete(m.order, 0, 1)
	}
}

// recall returns the past of an event.
func (m *memory) recall(who identity) past {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.past[who]
}

// forget drops the past of an event that the broker knows to be settled.
func (m *memory) forget(who identity) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.past[who]; known {
		delete(m.past, who)
		m.order = slices.DeleteFunc(m.order, func(other identity) bool { return other == who })
	}
}
