package natsevents

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
)

// restored makes sure that the server has the streams and some consumers, and makes all
// again that are missing. The error concerns no other consumers.
func (t *Transport) restored(ctx context.Context, consumers ...string) error {
	err := t.restoring.wait(ctx)
	var missing *missingError
	if !errors.As(err, &missing) {
		return err
	}
	all := []error{missing.streams}
	for _, name := range consumers {
		all = append(all, missing.consumers[name])
	}
	return errors.Join(all...)
}

// missingError reports what restore could not make again. It is only for [Transport.restored].
type missingError struct {
	streams   error
	consumers map[string]error // by name
}

func (e *missingError) Error() string { return "streams or consumers are missing" }

// restore makes the streams and consumers again that the server no longer has, for
// example because it was started with another store. It logs what was lost. The error is a
// *missingError. All callers at a time share one run: see rounds.
func (t *Transport) restore() error {
	ctx, cancel := t.whileConnected(setupTimeout)
	defer cancel()
	streams, err := t.restoreStreams(ctx)
	consumers, missing := t.restoreConsumers(ctx)
	t.logLost(streams, consumers)
	if err == nil && len(missing) == 0 {
		return nil
	}
	return &missingError{err, missing}
}

// restoreConsumers creates the consumers that the server does not have.
func (t *Transport) restoreConsumers(ctx context.Context) (lost []string, missing map[string]error) {
	missing = map[string]error{}
	note := func(k receiver, isLost bool, err error) {
		if isLost {
			lost = append(lost, k.subscription.Event+"/"+k.subscription.Key)
		}
		if err != nil {
			missing[k.consumer] = err
		}
	}
	var gone []receiver
	for _, r := range t.allReceivers() {
		for _, k := range r.list() {
			isLost, err := t.adopt(ctx, k.subscription, k.consumer)
			if errors.Is(err, jetstream.ErrConsumerNotFound) {
				gone = append(gone, k)
				continue
			}
			note(k, isLost, err)
		}
	}
	if len(gone) > 0 {
		t.settings.awaitRemoval(ctx) // once for all
	}
	for _, k := range gone {
		isLost, err := t.create(ctx, k.subscription, k.consumer)
		note(k, isLost, err)
	}
	return lost, missing
}

// create creates the consumer of a receiver and records it. It reports whether that
// replaces another one.
func (t *Transport) create(ctx context.Context, s transport.Subscription, name string) (replaced bool, err error) {
	if err := t.createOrUpdate(ctx, s, name); err != nil {
		return false, err
	}
	return t.adopt(ctx, s, name)
}

// whileConnected returns a context that ends when the connection is lost, because the
// answers to what was asked before are lost, too. Its cause is a *lostError then.
func (t *Transport) whileConnected(limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	ctx, end := context.WithCancelCause(ctx)
	lost := t.conn.StatusChanged(nats.RECONNECTING, nats.CLOSED)
	go func() {
		defer t.conn.RemoveStatusListener(lost)
		select {
		case <-lost:
			end(&lostError{})
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// lostError reports that the connection was lost before the server answered. It is an
// errUnanswered, and a net.Error.
type lostError struct{}

func (*lostError) Error() string   { return "the connection was lost before the server answered" }
func (*lostError) Unwrap() error   { return errUnanswered }
func (*lostError) Timeout() bool   { return false }
func (*lostError) Temporary() bool { return true }

func isLost(err error) bool {
	var lost *lostError
	return errors.As(err, &lost)
}

// restoreStreams creates the streams that the server does not have, but not at once: if
// somebody deletes a stream, the server says that it is gone before it removes the files. A
// stream of the same name would lose its own files to that, and with them what it confirms.
func (t *Transport) restoreStreams(ctx context.Context) (created []string, err error) {
	missing, err := t.missingStreams(ctx)
	if len(missing) > 0 {
		t.settings.awaitRemoval(ctx)
	}
	for _, config := range missing {
		e := t.ensureStream(ctx, config)
		switch {
		case e == nil:
			created = append(created, config.Name)
		case isDenied(e): // the stream is still lost, and another process may be permitted to create it
			e = fmt.Errorf("%w: %w", jetstream.ErrStreamNotFound, e)
		}
		err = errors.Join(err, e)
	}
	return created, err
}

// untilRemoved is how long the server may take to remove the files of a deleted stream or
// consumer.
const untilRemoved = time.Second

func (t *Transport) missingStreams(ctx context.Context) (missing []jetstream.StreamConfig, err error) {
	for _, config := range t.streams() {
		_, e := t.stream(ctx, config.Name)
		if errors.Is(e, jetstream.ErrStreamNotFound) {
			missing = append(missing, config)
			e = nil
		}
		err = errors.Join(err, e)
	}
	return missing, err
}

// logLost logs what was missing and is there again.
func (t *Transport) logLost(streams, consumers []string) {
	if len(streams)+len(consumers) > 0 {
		slices.Sort(consumers)
		t.log().Warn("the NATS server had lost streams or consumers: they were made again, but the events that they held are lost", "streams", streams, "consumers", consumers)
	}
}

// declare creates the consumer of a receiver if there is none. It reports whether events
// are lost because the consumer is not the one that was there before.
func (t *Transport) declare(ctx context.Context, s transport.Subscription, name string) (lost bool, err error) {
	lost, err = t.adopt(ctx, s, name)
	if !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return lost, err
	}
	if t.knows(s) {
		t.settings.awaitRemoval(ctx)
	}
	return t.create(ctx, s, name)
}

// knows reports whether the receiver had a consumer before.
func (t *Transport) knows(s transport.Subscription) bool {
	r := t.receiversOf(s.Event)
	return r != nil && slices.ContainsFunc(r.list(), func(k receiver) bool { return k.subscription.Key == s.Key })
}

// declareAndLog is declare for one receiver. It restores the streams if they are missing.
func (t *Transport) declareAndLog(ctx context.Context, s transport.Subscription, name string) error {
	lost := false
	err := t.withStreams(ctx, func() (err error) {
		lost, err = t.declare(ctx, s, name)
		return err
	})
	if lost {
		t.logLost(nil, []string{s.Event + "/" + s.Key})
	}
	return err
}

// withStreams makes a call. If a stream is missing, it restores the streams and calls again.
func (t *Transport) withStreams(ctx context.Context, call func() error) error {
	err := call()
	if !isStreamLost(err) {
		return err
	}
	if err := t.restored(ctx); err != nil {
		return err
	}
	return call()
}

// isStreamLost reports whether an error says that a stream does not exist.
func isStreamLost(err error) bool {
	return errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, jetstream.ErrStreamNotFound)
}
