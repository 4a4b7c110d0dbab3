package nats

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
)

// Declare makes the consumer of a receiver key. The error is a
// *transport.SubscriptionError or the client's.
func (t *Transport) Declare(ctx context.Context, s transport.Subscription) error {
	s, err := s.Check()
	if err != nil {
		return err
	}
	if s.Key == "" {
		return &transport.SubscriptionError{Subscription: s, Problem: "a temporary receiver can't be declared: give it a key"}
	}
	_, err = t.consumer(ctx, s)
	return err
}

// consumer makes or finds the consumer of a receiver.
func (t *Transport) consumer(ctx context.Context, s transport.Subscription) (jetstream.Consumer, error) {
	config := jetstream.ConsumerConfig{
		FilterSubject: t.eventSubject(s.Event),
		DeliverPolicy: jetstream.DeliverNewPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       t.settings.ackWait,
		MaxDeliver:    -1, // attempts are counted here, so that the last one becomes a dead letter
		MaxAckPending: -1,
	}
	if s.Key == "" {
		config.InactiveThreshold = temporaryThreshold
	} else {
		config.Durable = consumerName(s.Event, s.Key)
	}
	c, err := t.js.CreateOrUpdateConsumer(ctx, t.eventStream(), config)
	return c, told(err, "making the consumer of event "+s.Event)
}

// temporaryThreshold is after what time the server forgets a temporary
// receiver that has died.
const temporaryThreshold = 30 * time.Second

// Subscribe has a handler receive messages until the context ends. It stays
// through the loss of the connection, and makes its consumer anew where somebody
// has deleted it. The error is a *transport.SubscriptionError or the client's,
// where the consumer can't be made at first.
func (t *Transport) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	s, err := s.Check()
	if err != nil {
		return err
	}
	c, err := t.consumer(ctx, s)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	r := &receiving{transport: t, subscription: s, handler: h, slots: make(chan struct{}, s.MaxInFlight), handled: map[jetstream.Msg]struct{}{}}
	r.acks.handle = func(m jetstream.Msg) { _ = m.Ack() } // else it comes again: at least once
	defer r.keep()()
	defer r.end()
	if s.Key == "" {
		defer func() { r.end(); t.forget(c) }()
	}
	for attempt := 1; ctx.Err() == nil; attempt++ {
		if c != nil && r.consume(ctx, c) {
			attempt = 1
		}
		if !pause(ctx, transport.Backoff(attempt)) {
			break
		}
		if again, err := t.consumer(ctx, s); err == nil {
			c = again
		}
	}
	return nil
}

// forget deletes the consumer of a temporary receiver.
func (t *Transport) forget(c jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	_ = t.js.DeleteConsumer(ctx, t.eventStream(), c.CachedInfo().Name) // else the server does
}

// pause waits; false once the context has ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// receiving is one subscription under way.
type receiving struct {
	transport    *Transport
	subscription transport.Subscription
	handler      transport.Handler
	slots        chan struct{} // as many as handlers may run
	workers      workers
	acks         queue[jetstream.Msg]

	mu      sync.Mutex
	handled map[jetstream.Msg]struct{} // those whose handlers run
}

// end waits for the handlers, and until the server has been told what they have
// done, as long as that may take: else messages that are done come again.
func (r *receiving) end() {
	r.workers.wait()
	r.acks.wait()
	_ = r.transport.conn.FlushTimeout(flushTimeout)
}

// flushTimeout is for the end of a subscription.
const flushTimeout = time.Second

// consume takes messages until the context ends or the consumer fails. It says
// whether any came.
func (r *receiving) consume(ctx context.Context, c jetstream.Consumer) (any bool) {
	connected := r.transport.conn.StatusChanged(nats.CONNECTED)
	defer r.transport.conn.RemoveStatusListener(connected)
	for {
		came, reconnected := r.consumeOn(ctx, c, connected)
		if any = any || came; !reconnected {
			return any
		}
	}
}

// consumeOn is consume until there is another connection. The client may miss
// that, and then waits for what it has requested on the one before.
func (r *receiving) consumeOn(ctx context.Context, c jetstream.Consumer, connected <-chan nats.Status) (any, reconnected bool) {
	messages, err := c.Messages(jetstream.PullMaxMessages(r.subscription.MaxInFlight), jetstream.WithMessagesErrOnMissingHeartbeat(false))
	if err != nil {
		return false, false
	}
	var again atomic.Bool
	over := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-connected:
		case <-time.After(reopening): // a request that the client has lost holds up nobody for longer
		case <-over:
			return
		}
		again.Store(true)
		messages.Drain() // what is here already is handled
	})
	defer watching.Wait()
	defer close(over)
	stop := context.AfterFunc(ctx, messages.Drain)
	defer stop()
	defer messages.Stop()
	for r.acquire(ctx); ; r.acquire(ctx) { // first, so that what comes does not wait for a handler
		m, err := next(messages)
		if err != nil {
			r.release()
			return any, again.Load() && ctx.Err() == nil
		}
		any = true
		if ctx.Err() != nil {
			_ = m.Nak() // nobody has begun with it
			r.release()
			continue
		}
		r.workers.do(func() {
			defer r.release()
			r.handle(ctx, m)
		})
	}
}

// reopening is after what time messages are requested anew.
const reopening = 10 * time.Second

// acquire waits until a handler may run; not once the context has ended.
func (r *receiving) acquire(ctx context.Context) {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
	}
}

// release may be called more often than a handler might run: then none does.
func (r *receiving) release() {
	select {
	case <-r.slots:
	default:
	}
}

// next waits for a message. It asks again and again: the client requests
// further messages when it is asked for one, but not while an earlier request is
// being sent, which may still be so when all messages of that one are here
// already. Asked once, it would wait for the heartbeat that is missing then, half
// a minute.
func next(messages jetstream.MessagesContext) (m jetstream.Msg, err error) {
	for wait := sending; ; wait = min(10*wait, time.Minute) {
		if m, err = messages.Next(jetstream.NextMaxWait(wait)); !errors.Is(err, nats.ErrTimeout) {
			return m, err
		}
	}
}

// sending is longer than a request takes to be sent, as a rule.
const sending = 5 * time.Millisecond

// handle has one message handled.
func (r *receiving) handle(ctx context.Context, m jetstream.Msg) {
	d, err := delivery(m)
	d.Event = r.subscription.Event
	switch {
	case err != nil:
		r.reject(ctx, m, d, err.Error())
		return
	case d.Key != "" && d.Key != r.subscription.Key:
		_ = m.Ack() // it is for another receiver
		return
	case d.Attempt > r.subscription.MaxAttempts:
		d.Attempt-- // its receiver has died in each
		r.reject(ctx, m, d, fmt.Sprintf("given up after %d attempts that did not end", d.Attempt))
		return
	}
	d.Key = r.subscription.Key
	r.begin(m)
	v := transport.Decide(ctx, r.subscription, r.handler, d)
	r.ended(m)
	reason, rejected := v.Rejected()
	after, again := v.Retry()
	switch {
	case rejected:
		r.reject(ctx, m, d, reason)
	case again:
		_ = m.NakWithDelay(after) // else it comes again when the server has waited
	default:
		r.acks.add(m) // else it comes again: at least once
	}
}

// delivery reads a message of the server. The error says what it lacks of an
// event.
func delivery(m jetstream.Msg) (transport.Delivery, error) {
	headers, contentType := headersOf(m.Headers())
	message, err := transport.FromAttributes(headers, contentType, m.Data())
	d := transport.Delivery{Message: message, Attempt: 1}
	if meta, e := m.Metadata(); e == nil {
		d.Attempt = int(meta.NumDelivered)
	}
	return d, err
}

// keep tells the server from time to time which messages are being handled,
// until it is ended.
func (r *receiving) keep() (end func()) {
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		tick := time.NewTicker(r.transport.settings.ackWait / 3)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.inProgress()
			case <-done:
				return
			}
		}
	})
	return func() { close(done); ended.Wait() }
}

func (r *receiving) inProgress() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for m := range r.handled {
		_ = m.InProgress() // else it comes again
	}
}

func (r *receiving) begin(m jetstream.Msg) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handled[m] = struct{}{}
}

func (r *receiving) ended(m jetstream.Msg) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.handled, m)
}

// reject makes a message a dead letter. If that fails, it comes again.
func (r *receiving) reject(ctx context.Context, m jetstream.Msg, d transport.Delivery, reason string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), setupTimeout)
	defer cancel()
	d.Key = r.subscription.Key
	err := r.transport.bury(ctx, d, reason)
	if err == nil {
		_ = m.DoubleAck(ctx) // waits until the server has it: else it comes again as well
	} else if !errors.Is(err, context.Canceled) {
		_ = m.NakWithDelay(transport.Backoff(d.Attempt))
	}
}
