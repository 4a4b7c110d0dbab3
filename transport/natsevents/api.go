package natsevents

import (
	"context"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// The calls to the JetStream API, each with the subject that it needs. The section
// Permissions of docs/production.md lists these subjects.

func apiSubject(call string, names ...string) string {
	return "$JS.API." + call + "." + strings.Join(names, ".")
}

func (t *Transport) stream(ctx context.Context, name string) (stream jetstream.Stream, err error) {
	err = t.asking(ctx, func(ctx context.Context) (err error) {
		stream, err = t.js.Stream(ctx, name)
		return err
	}, apiSubject("STREAM.INFO", name))
	return stream, err
}

func (t *Transport) createStream(ctx context.Context, config jetstream.StreamConfig) error {
	return t.asking(ctx, func(ctx context.Context) error {
		_, err := t.js.CreateStream(ctx, config)
		return err
	}, apiSubject("STREAM.CREATE", config.Name))
}

// countMessages returns how many messages of a subject a stream has.
func (t *Transport) countMessages(ctx context.Context, name, subject string) (int, error) {
	stream, err := t.stream(ctx, name)
	if err != nil {
		return 0, err
	}
	counts, err := t.subjects(ctx, stream, subject)
	return int(counts[subject]), err
}

// subjects returns how many messages a stream has of each subject that a pattern matches.
func (t *Transport) subjects(ctx context.Context, stream jetstream.Stream, pattern string) (counts map[string]uint64, err error) {
	err = t.asking(ctx, func(ctx context.Context) error {
		info, err := stream.Info(ctx, jetstream.WithSubjectFilter(pattern))
		if err == nil {
			counts = info.State.Subjects
		}
		return err
	}, apiSubject("STREAM.INFO", stream.CachedInfo().Config.Name))
	return counts, err
}

// consumer returns a consumer of the event stream.
func (t *Transport) consumer(ctx context.Context, name string) (consumer jetstream.Consumer, err error) {
	err = t.asking(ctx, func(ctx context.Context) (err error) {
		consumer, err = t.js.Consumer(ctx, t.eventStream(), name)
		return err
	}, apiSubject("CONSUMER.INFO", t.eventStream(), name))
	return consumer, err
}

// consumerInfo returns what the server says of a consumer, in its JSON. It is cheaper than
// [Transport.consumer], because nothing is parsed.
func (t *Transport) consumerInfo(ctx context.Context, name string) (text []byte, err error) {
	subject := apiSubject("CONSUMER.INFO", t.eventStream(), name)
	err = t.asking(ctx, func(ctx context.Context) error {
		m, err := t.conn.RequestWithContext(ctx, subject, nil)
		if err == nil {
			text = m.Data
		}
		return err
	}, subject)
	return text, err
}

func (t *Transport) createConsumer(ctx context.Context, name string, config jetstream.ConsumerConfig) error {
	return t.asking(ctx, func(ctx context.Context) error {
		_, err := t.js.CreateOrUpdateConsumer(ctx, t.eventStream(), config)
		return err
	}, apiSubject("CONSUMER.CREATE", t.eventStream(), name))
}

func (t *Transport) deleteConsumer(ctx context.Context, name string) error {
	return t.asking(ctx, func(ctx context.Context) error {
		return t.js.DeleteConsumer(ctx, t.eventStream(), name)
	}, apiSubject("CONSUMER.DELETE", t.eventStream(), name))
}

// firstMessage returns the first message of a subject, from a number on.
func (t *Transport) firstMessage(ctx context.Context, stream jetstream.Stream, from uint64, subject string) (raw *jetstream.RawStreamMsg, err error) {
	name := stream.CachedInfo().Config.Name
	err = t.asking(ctx, func(ctx context.Context) (err error) {
		raw, err = stream.GetMsg(ctx, from, jetstream.WithGetMsgSubject(subject))
		return err
	}, apiSubject("STREAM.MSG.GET", name), apiSubject("DIRECT.GET", name))
	return raw, err
}

func (t *Transport) deleteMessage(ctx context.Context, stream jetstream.Stream, number uint64) error {
	return t.asking(ctx, func(ctx context.Context) error {
		return stream.DeleteMsg(ctx, number)
	}, apiSubject("STREAM.MSG.DELETE", stream.CachedInfo().Config.Name))
}

func nextSubject(stream, consumer string) string {
	return apiSubject("CONSUMER.MSG.NEXT", stream, consumer)
}

// isAcknowledgement reports whether messages of a consumer are acknowledged by a subject.
// Newer servers may put a domain and an account before the stream.
func isAcknowledgement(subject, stream, consumer string) bool {
	return strings.HasPrefix(subject, "$JS.ACK.") && strings.Contains(subject, "."+stream+"."+consumer+".")
}
