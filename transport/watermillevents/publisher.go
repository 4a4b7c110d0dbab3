package watermillevents

import (
	"errors"
	"slices"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
)

// ErrClosed is the error of a publisher or subscriber that was closed.
var ErrClosed = errors.New("it was closed")

// Publisher publishes Watermill's messages to a transport. Make it with
// [NewPublisher]. It may be used concurrently.
type Publisher struct {
	transport transport.Transport
	mu        sync.Mutex // guards closed and the start of a Publish
	closed    bool
	running   sync.WaitGroup
}

// NewPublisher returns a publisher that publishes to t.
func NewPublisher(t transport.Transport) *Publisher { return &Publisher{transport: t} }

// Publish publishes messages as events with the topic as their name, one after another,
// each with its own context. It stops at the first error. The error is [ErrClosed] or
// that of the transport's Publish, such as a *transport.UnroutableError if nobody
// receives the event.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	if !p.begin() {
		return ErrClosed
	}
	defer p.running.Done()
	for _, m := range messages {
		headers, kind := headersOf(m.Metadata)
		out := transport.Message{ID: m.UUID, Event: topic, ContentType: kind, Headers: headers, Body: slices.Clone(m.Payload)}
		if err := transport.CheckDelay(m.Context(), p.transport, out); err != nil {
			return err
		}
		if err := p.transport.Publish(m.Context(), out); err != nil {
			return err
		}
	}
	return nil
}

// begin counts a running Publish. It returns false if the publisher is closed.
func (p *Publisher) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.running.Add(1)
	}
	return !p.closed
}

// Close waits for the calls of Publish that are running. Later ones return [ErrClosed].
// Close leaves the transport open and returns nil.
func (p *Publisher) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.running.Wait()
	return nil
}

var _ message.Publisher = (*Publisher)(nil)
