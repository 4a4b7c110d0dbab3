package watermillevents

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
)

// Transport carries events over a backend of Watermill. Make it with
// [NewTransport].
type Transport struct {
	publisher  message.Publisher
	subscriber func(key string) (message.Subscriber, error)
	settings   settings
}

var (
	_ transport.Transport = (*Transport)(nil)
	_ transport.Declarer  = (*Transport)(nil)
)

// NewTransport returns a transport over a backend of Watermill. subscriber returns a
// new subscriber whose consumer group is the key. For the key "", each subscriber must
// have a consumer group of its own that begins with new messages.
//
// Each Subscribe and Declare calls subscriber, and closes what it returned. Subscribe
// may subscribe several times to the same topic, to have several messages at once. The
// publisher is never closed. Publish waits for it, so it should observe the context of
// its message.
func NewTransport(p message.Publisher, subscriber func(key string) (message.Subscriber, error), options ...Option) *Transport {
	return &Transport{publisher: p, subscriber: subscriber, settings: newSettings(options)}
}

// Publish publishes a message to the topic of its event. The error is a
// *transport.MessageError, the publisher's or the context's.
func (t *Transport) Publish(ctx context.Context, m transport.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	if err := transport.CheckDelay(ctx, t, m); err != nil {
		return err
	}
	uuid := m.ID
	if m.Key != "" {
		// If it had the UUID m.ID, a backend that drops duplicates could take it for the
		// message to all receivers.
		uuid = rand.Text()
	}
	return t.publish(ctx, m.Event, uuid, m, nil)
}

// publish publishes a message with further metadata.
func (t *Transport) publish(ctx context.Context, topic, uuid string, m transport.Message, further message.Metadata) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	out := message.NewMessageWithContext(ctx, uuid, slices.Clone(m.Body))
	out.Metadata = maps.Collect(m.Attributes(t.settings.source))
	if m.ContentType != "" {
		out.Metadata[contentType] = m.ContentType
	}
	maps.Copy(out.Metadata, further)
	return annotated(t.publisher.Publish(topic, out), "the topic "+topic)
}

func annotated(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Declare keeps messages for the receiver from now on. The error is a
// *transport.SubscriptionError, the subscriber's, or one that reports that the
// subscriber is not a message.SubscribeInitializer.
func (t *Transport) Declare(_ context.Context, s transport.Subscription) (err error) {
	s, err = s.Check()
	if err != nil {
		return err
	}
	if s.Key == "" {
		return &transport.SubscriptionError{Subscription: s, Problem: "a temporary receiver can't be declared: give it a key"}
	}
	sub, err := t.subscriber(s.Key)
	if err != nil {
		return annotated(err, "making a subscriber")
	}
	defer func() {
		if closing := sub.Close(); err == nil {
			err = annotated(closing, "closing a subscriber")
		}
	}()
	i, ok := sub.(message.SubscribeInitializer)
	if !ok {
		return fmt.Errorf("%T can't keep messages before a subscription: it is no message.SubscribeInitializer", sub)
	}
	return initialize(i, s.Event)
}

func initialize(i message.SubscribeInitializer, topic string) error {
	return annotated(i.SubscribeInitialize(topic), "preparing the topic "+topic)
}

// retryTopic returns the topic of the messages to be redelivered to a receiver key.
func retryTopic(event, key string) string { return event + ".retry." + key }
