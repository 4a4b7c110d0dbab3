package natsevents

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/rollcall-go/rollcall/transport"
)

// receiving is one subscription in progress: its handlers, and its reports to the server
// about messages.
type receiving struct {
	transport    *Transport
	ctx          context.Context // the subscription's
	subscription transport.Subscription
	handler      transport.Handler
	workers      workers[*nats.Msg]
	outgoing     queue[outgoing] // acknowledgements and requests
	acked        string          // subject of the last acknowledgement; for send, and then for end

	mu      sync.Mutex
	handled map[*nats.Msg]struct{} // the messages that handlers have
	pulls   *pull                  // the pull that requests messages now, or nil
}

func newReceiving(ctx context.Context, t *Transport, s transport.Subscription, h transport.Handler) *receiving {
	r := &receiving{transport: t, ctx: ctx, subscription: s, handler: h, handled: make(map[*nats.Msg]struct{}, s.MaxInFlight)}
	r.outgoing.handle = r.send
	ctx = context.WithoutCancel(ctx) // handlers finish what they have begun
	r.workers.handle = func(m *nats.Msg) {
		defer r.finish(m)
		r.handle(ctx, m)
	}
	return r
}

// outgoing is a message to the server: an acknowledgement or a request. Only a request
// has a reply subject.
type outgoing struct {
	subject, reply string
	data           []byte
}

func (r *receiving) send(m outgoing) {
	if m.reply != "" {
		_ = r.transport.conn.PublishRequest(m.subject, m.reply, m.data) // if it is lost, the pull ends and the next one requests again
		return
	}
	_ = r.transport.conn.Publish(m.subject, m.data) // if it is lost, the message is redelivered: at-least-once
	r.acked = m.subject
}

// end waits for the handlers, and then, for a limited time, until the server has
// processed their acknowledgements. Otherwise, messages that are done would be
// redelivered. The server processes the acknowledgements of a consumer in order. So end
// sends one more after the last and asks for a reply to it. This one changes nothing,
// because its message is done.
func (r *receiving) end() {
	r.workers.wait()
	r.outgoing.wait()
	if r.acked == "" {
		return
	}
	r.ask(r.acked, inProgress)
	r.acked = ""
}

// ask sends data to the server, and waits for a limited time until the server has
// processed it.
func (r *receiving) ask(subject string, data []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	_, _ = r.transport.conn.RequestWithContext(ctx, subject, data) // if that fails, the message is redelivered
}

// askTimeout limits the wait for the server's reply in ask.
const askTimeout = time.Second

// Reports to the server about a message.
var (
	ack        = []byte("+ACK")
	inProgress = []byte("+WPI")
)

// done queues the report to the server that a message is done. If the report is lost, the
// message is redelivered.
func (r *receiving) done(m *nats.Msg) { r.outgoing.add(outgoing{subject: m.Reply, data: ack}) }

// again asks the server to redeliver a message after some time. First, it removes the
// message from handled. If the message was reported as in progress after that, the server
// would forget the time and redeliver the message after AckWait instead.
func (r *receiving) again(m *nats.Msg, after time.Duration) {
	r.mu.Lock()
	delete(r.handled, m)
	if r.ctx.Err() != nil {
		after = max(after, awayAfter)
	}
	r.mu.Unlock()
	r.ask(m.Reply, fmt.Appendf(nil, `-NAK {"delay":%d}`, after))
}

// handle handles one message, in a context that does not end.
func (r *receiving) handle(ctx context.Context, m *nats.Msg) {
	d, err := delivery(m)
	d.Event = r.subscription.Event
	switch {
	case err != nil:
		r.giveUp(ctx, m, d, err.Error())
		return
	case d.Key != "" && d.Key != r.subscription.Key:
		r.done(m) // the message is for another receiver
		return
	case d.Attempt > r.subscription.MaxAttempts:
		d.Attempt = r.subscription.MaxAttempts // each attempt's receiver died; further deliveries were only to keep the dead letter
		r.giveUp(ctx, m, d, fmt.Sprintf("given up after %d attempts: no receiver has settled the last one", d.Attempt))
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
		r.done(m)
	}
}

// giveUp makes a message a dead letter without a call to the handler, and logs that.
func (r *receiving) giveUp(ctx context.Context, m *nats.Msg, d transport.Delivery, reason string) {
	if r.reject(ctx, m, d, reason) {
		r.log(ctx, slog.LevelError, "event becomes a dead letter", d, reason)
	}
}

// reject makes a message a dead letter. If that fails, it returns false, and the message is
// redelivered.
func (r *receiving) reject(ctx context.Context, m *nats.Msg, d transport.Delivery, reason string) bool {
	limited, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	d.Key = r.subscription.Key
	if err := r.transport.bury(limited, m, d, reason); err != nil {
		if !isDenied(err) { // that is logged, and ends the subscription
			r.log(ctx, slog.LevelWarn, "an event can't be sent to the dead letters: trying again", d, err.Error())
		}
		r.again(m, transport.Backoff(d.Attempt))
		return false
	}
	r.ask(m.Reply, ack) // waits, so that the message is not redelivered as well
	return true
}

func (r *receiving) log(ctx context.Context, level slog.Level, message string, d transport.Delivery, reason string) {
	r.transport.log().LogAttrs(ctx, level, message, slog.String("event", r.subscription.Event), slog.String("key", r.subscription.Key),
		slog.String("id", d.ID), slog.Int("attempt", d.Attempt), slog.String("reason", reason))
}

// keep periodically reports to the server which messages are being handled, until the
// returned function is called.
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

// inProgress reports to the server at once, so that the report arrives before the outcome
// of a message.
func (r *receiving) inProgress() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for m := range r.handled {
		_ = r.transport.conn.Publish(m.Reply, inProgress) // if it is lost, the message may be redelivered: at-least-once
	}
}
