package amqpevents

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
)

// The headers of dead letters, in addition to attemptHeader.
const (
	reasonHeader = ours + "reason"
	timeHeader   = ours + "time"
	deathHeader  = "x-death" // set by the broker on messages that it has dropped itself
)

// maxReason is the maximum length of a stored reason, in bytes.
const maxReason = 1024

// bury keeps a dead letter.
func (t *Transport) bury(ctx context.Context, d amqp091.Delivery, r target, attempt int, reason string) error {
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "")
	}
	headers := amqp091.Table{
		reasonHeader: reason, attemptHeader: int64(attempt), timeHeader: time.Now().UTC().Format(time.RFC3339Nano),
	}
	to := route{t.topology.names.dead(), address(r.event, r.key)}
	return t.publishDeclared(ctx, to, again(d, headers), func(ch channel) error { return t.topology.deadLetters(ch, r) })
}

// EachDeadLetter shows the dead letters of a receiver key, as [transport.DeadLetters]
// describes. The key "" has those of temporary receivers, which can be discarded but
// not replayed. While EachDeadLetter runs, no other call sees the dead letters that it
// has shown.
//
// The error is a *transport.SubscriptionError if a name is invalid. It is a
// *transport.UnroutableError if the receiver of a dead letter to replay is gone or was
// temporary. Otherwise it is the broker's or the context's. A dead letter is kept if
// its disposal fails. After an error, the next call may show dead letters in another
// order.
func (t *Transport) EachDeadLetter(ctx context.Context, event, key string, decide func(transport.DeadLetter) transport.Disposal) (int, error) {
	if _, err := (transport.Subscription{Event: event, Key: key}).Check(); err != nil {
		return 0, err
	}
	l, err := t.look(ctx, keyed(event, key))
	if err != nil || l == nil {
		return 0, annotated(err, "looking for dead letters")
	}
	defer l.end()
	shown := 0
	for shown < l.count {
		raw, found, err := l.next(ctx)
		if err != nil || !found {
			return shown, annotated(err, "reading dead letters")
		}
		shown++
		if err := l.dispose(ctx, raw, decide); err != nil {
			return shown, err
		}
	}
	return shown, nil
}

// look takes the dead letters that are in a queue when it begins.
type look struct {
	transport *Transport
	conn      *connection
	channel   channel
	target    target
	queue     string
	count     int      // how many letters there were at the start
	taken     int      // how many of them were taken
	kept      []uint64 // the delivery tags of the letters to return to the queue
	over      bool     // whether the channel has failed; the broker requeues all letters when it is closed
}

// look begins to take the dead letters of a receiver. It returns nil if their queue does
// not exist.
func (t *Transport) look(ctx context.Context, r target) (*look, error) {
	waiting, cancel := limited(ctx)
	defer cancel()
	conn, err := t.consuming.wait(waiting)
	if err != nil {
		return nil, err
	}
	l := &look{transport: t, conn: conn, target: r, queue: t.topology.names.deadLetters(r.address)}
	l.channel, err = conn.channel(ctx, func(ch channel) (err error) {
		l.count, err = ready(ch, l.queue)
		return err
	})
	if isNoQueue(err) {
		return nil, nil
	}
	return l, err
}

// next takes the oldest letter that was not taken yet.
func (l *look) next(ctx context.Context) (raw amqp091.Delivery, found bool, err error) {
	type taken struct {
		raw   amqp091.Delivery
		found bool
	}
	got := make(chan taken, 1)
	if err := l.call(ctx, func() error {
		raw, found, err := l.channel.Get(l.queue, false)
		got <- taken{raw, found}
		return err
	}); err != nil {
		return raw, false, err
	}
	t := <-got
	if t.found {
		l.taken++
	}
	return t.raw, t.found, nil
}

// call calls f, which uses the channel, unless the context has ended.
func (l *look) call(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := l.conn.on(ctx, l.channel, f)
	l.over = err != nil
	return err
}

// end returns the kept letters to the queue in order, so that the oldest remains the
// first. A rejected letter is back in a quorum queue only after some time, and the next
// look would miss it until then. If too many letters are rejected at once, the queue
// changes their order. If returning them takes too long, the broker requeues the rest
// when the channel is closed.
func (l *look) end() {
	if l.over {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), givingBack)
	defer cancel()
	back := 0
	for some := range slices.Chunk(l.kept, atATime) {
		for _, tag := range some {
			_ = l.channel.Reject(tag, true)
		}
		back += len(some)
		if l.await(ctx, l.count-l.taken+back) != nil {
			break
		}
	}
	if !l.over {
		_ = l.conn.do(context.Background(), l.channel.Close)
	}
}

const (
	atATime    = 16               // letters; the broker changes the order of more than 32
	givingBack = 10 * time.Second // for all letters; one that another look takes at once never seems to be back
)

// await waits until the queue has at least n letters to show.
func (l *look) await(ctx context.Context, n int) error {
	for {
		has := make(chan int, 1)
		if err := l.call(ctx, func() error {
			q, err := l.channel.QueueDeclarePassive(l.queue, true, false, false, false, nil)
			has <- q.Messages
			return err
		}); err != nil {
			return err
		}
		if <-has >= n {
			return nil
		}
		pause(ctx, nil, time.Millisecond)
	}
}

func (l *look) dispose(ctx context.Context, raw amqp091.Delivery, decide func(transport.DeadLetter) transport.Disposal) error {
	var err error
	switch decide(letter(raw, l.target)) {
	case transport.Keep:
		l.kept = append(l.kept, raw.DeliveryTag)
		return nil
	case transport.Replay:
		err = l.replay(ctx, raw)
	}
	if err != nil {
		l.kept = append(l.kept, raw.DeliveryTag)
		return err
	}
	return annotated(raw.Ack(false), "deleting a dead letter")
}

// replay publishes a letter to its receiver again.
func (l *look) replay(ctx context.Context, raw amqp091.Delivery) error {
	if l.target.key == "" {
		return &temporaryError{l.target.event}
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	to := route{l.transport.topology.names.events(), l.target.address}
	routed, err := l.transport.publisher.publish(ctx, ctx, to, again(raw, nil))
	if err == nil && !routed {
		return &transport.UnroutableError{Event: l.target.event, Key: l.target.key}
	}
	return annotated(err, "replaying a dead letter")
}

// letter reads a dead letter. If the message is not a valid event, the result has what
// could be read.
func letter(raw amqp091.Delivery, r target) transport.DeadLetter {
	m, _ := message(raw)
	m.Event, m.Key = r.event, r.key
	l := transport.DeadLetter{Delivery: transport.Delivery{Message: m, Attempt: int(max(1, number(raw.Headers[attemptHeader])))}}
	if deaths, ok := raw.Headers[deathHeader].([]any); ok && len(deaths) > 0 {
		l.Reason, l.At = death(deaths[0])
		return l
	}
	l.Reason = text(raw.Headers[reasonHeader])
	l.At, _ = time.Parse(time.RFC3339Nano, text(raw.Headers[timeHeader]))
	return l
}

// death returns why and when the broker dropped a message.
func death(value any) (reason string, at time.Time) {
	table, _ := value.(amqp091.Table)
	at, _ = table["time"].(time.Time)
	return fmt.Sprintf("dropped by the broker: %s", text(table["reason"])), at
}
