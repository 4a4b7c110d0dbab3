package nats

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/rollcall-go/rollcall/transport"
)

// receiving is one subscription under way: its handlers, and what the server is
// told of messages.
type receiving struct {
	transport    *Transport
	subscription transport.Subscription
	handler      transport.Handler
	workers      workers
	outgoing     queue[outgoing] // acknowledgements and requests
	settled      string          // where the last acknowledgement went, for outgoing

	mu      sync.Mutex
	handled map[*nats.Msg]struct{} // those that handlers have
	pulls   *pull                  // what requests messages now, or nil
}

func newReceiving(t *Transport, s transport.Subscription, h transport.Handler) *receiving {
	r := &receiving{transport: t, subscription: s, handler: h, handled: make(map[*nats.Msg]struct{}, s.MaxInFlight)}
	r.outgoing.handle = r.send
	return r
}

// outgoing is a message to the server: an acknowledgement, or a request, which
// has a reply.
type outgoing struct {
	subject, reply string
	data           []byte
}

func (r *receiving) send(m outgoing) {
	if m.reply != "" {
		_ = r.transport.conn.PublishRequest(m.subject, m.reply, m.data) // else it is missed, and made anew
		return
	}
	_ = r.transport.conn.Publish(m.subject, m.data) // else the message comes again: at least once
	r.settled = m.subject
}

// end waits for the handlers, and until the server has dealt with what they have
// done, as long as that may take: else messages that are done come again. The
// server deals with one answer to a consumer's messages after the other, so it
// is asked for a reply to the last.
func (r *receiving) end() {
	r.workers.wait()
	r.outgoing.wait()
	if r.settled == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	_, _ = r.transport.conn.RequestWithContext(ctx, r.settled, inProgress)
	r.settled = ""
}

// endTimeout is for the server's last reply to a subscription.
const endTimeout = time.Second

// What the server is told of a message.
var (
	ack        = []byte("+ACK")
	inProgress = []byte("+WPI")
)

// settle tells the server soon what has become of a message. Where that is lost,
// the message comes again.
func (r *receiving) settle(m *nats.Msg, outcome []byte) {
	r.outgoing.add(outgoing{subject: m.Reply, data: outcome})
}

// again asks for a message again, after some time.
func (r *receiving) again(m *nats.Msg, after time.Duration) {
	r.settle(m, fmt.Appendf(nil, `-NAK {"delay":%d}`, after))
}

// handle has one message handled.
func (r *receiving) handle(ctx context.Context, m *nats.Msg) {
	d, err := delivery(m)
	d.Event = r.subscription.Event
	switch {
	case err != nil:
		r.reject(ctx, m, d, err.Error())
		return
	case d.Key != "" && d.Key != r.subscription.Key:
		r.settle(m, ack) // it is for another receiver
		return
	case d.Attempt > r.subscription.MaxAttempts:
		d.Attempt-- // its receiver has died in each
		r.reject(ctx, m, d, fmt.Sprintf("given up after %d attempts that did not end", d.Attempt))
		return
	}
	d.Key = r.subscription.Key
	v := transport.Decide(ctx, r.subscription, r.handler, d)
	reason, rejected := v.Rejected()
	after, again := v.Retry()
	switch {
	case rejected:
		r.reject(ctx, m, d, reason)
	case again:
		r.again(m, after)
	default:
		r.settle(m, ack)
	}
}

// reject makes a message a dead letter. If that fails, it comes again.
func (r *receiving) reject(ctx context.Context, m *nats.Msg, d transport.Delivery, reason string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), setupTimeout)
	defer cancel()
	d.Key = r.subscription.Key
	if err := r.transport.bury(ctx, d, reason); err != nil {
		r.again(m, transport.Backoff(d.Attempt))
		return
	}
	_, _ = r.transport.conn.RequestWithContext(ctx, m.Reply, ack) // waits until the server has it: else it comes again as well
}

// keep tells the server from time to time which messages are being handled,
// until it is ended.
func (r *receiving) keep() (end func()) {
	over := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		tick := time.NewTicker(r.transport.settings.ackWait / 3)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.inProgress()
			case <-over:
				return
			}
		}
	})
	return func() { close(over); ended.Wait() }
}

func (r *receiving) inProgress() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for m := range r.handled {
		r.settle(m, inProgress)
	}
}
