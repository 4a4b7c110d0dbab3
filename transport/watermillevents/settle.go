package watermillevents

import (
	"context"
	"crypto/rand"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
)

// settleTimeout limits publishing a retry or a dead letter. It also limits the wait until
// the subscriber has passed on an Ack.
const settleTimeout = 10 * time.Second

// longestHold is how long a retry that isn't due is held before it goes to the
// end of its topic. It is less than the time after which backends redeliver a
// message to another consumer, and short enough not to delay others for long.
const longestHold = 5 * time.Second

// apply carries out a verdict. A message is acked only when its retry or dead
// letter has been published. Otherwise it is redelivered.
func (r *receiving) apply(ctx context.Context, in incoming, v transport.Verdict) {
	var err error
	reason, rejected := v.Rejected()
	after, again := v.Retry()
	switch {
	case r.subscription.Key == "":
	case rejected:
		err = r.bury(ctx, in.delivery, reason)
	case again:
		in.delivery.Attempt++
		err = r.retry(ctx, in.delivery, time.Now().Add(after))
	}
	if err != nil {
		pause(ctx, transport.Backoff(in.delivery.Attempt)) // not at once, because it is likely to fail again
		in.Nack()
		return
	}
	in.Ack()
}

// confirmed waits until the subscriber has passed on the Ack or Nack of a message. The
// subscriber then ends the message's context. Without waiting, an Ack shortly before the
// subscriber is closed may get lost.
func confirmed(m *message.Message) {
	timer := time.NewTimer(settleTimeout)
	defer timer.Stop()
	select {
	case <-m.Context().Done():
	case <-timer.C:
	}
}

// again calls the handler of a temporary receiver until the message is done.
func (r *receiving) again(ctx context.Context, d transport.Delivery, v transport.Verdict) {
	for {
		after, again := v.Retry()
		if !again || !pause(ctx, after) || !r.begin(ctx) {
			return
		}
		d.Attempt++
		v = transport.Decide(ctx, r.subscription, r.handler, d)
		<-r.slots
	}
}

// isDue waits until a retry is due. If that takes too long, it settles the message
// and returns false.
func (r *receiving) isDue(ctx context.Context, in incoming) bool {
	left := time.Until(in.due)
	if left <= 0 {
		return true
	}
	if !pause(ctx, min(left, longestHold)) {
		in.Nack()
		return false
	}
	if left <= longestHold {
		return true
	}
	if err := r.retry(ctx, in.delivery, in.due); err != nil {
		in.Nack()
	} else {
		in.Ack()
	}
	return false
}

// retry publishes a message for another attempt. Its UUID is new, because some backends
// drop a message whose UUID they have seen.
func (r *receiving) retry(ctx context.Context, d transport.Delivery, due time.Time) error {
	return r.publish(ctx, retryTopic(d.Event, d.Key), d, message.Metadata{
		attemptKey: strconv.Itoa(d.Attempt), dueKey: due.UTC().Format(time.RFC3339Nano),
	})
}

// maxReason is the maximum length of a stored reason, in bytes.
const maxReason = 4096

// bury publishes a dead letter.
func (r *receiving) bury(ctx context.Context, d transport.Delivery, reason string) error {
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "")
	}
	return r.publish(ctx, DeadTopic(d.Event, d.Key), d, message.Metadata{
		attemptKey: strconv.Itoa(d.Attempt), reasonKey: url.QueryEscape(reason), buriedKey: time.Now().UTC().Format(time.RFC3339Nano),
	})
}

// publish publishes even if the subscription has ended.
func (r *receiving) publish(ctx context.Context, topic string, d transport.Delivery, further message.Metadata) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	return r.transport.publish(ctx, topic, rand.Text(), d.Message, further)
}
