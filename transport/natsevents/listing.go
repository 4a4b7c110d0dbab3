package natsevents

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
)

// Receivers returns the events and keys of all receivers that the server knows, sorted by
// event and then by key: those that were declared, and those whose dead letters are still
// there. A key is "" if temporary receivers of the event left dead letters. Receivers
// needs one request for each 256 receivers, and one for each receiver that is gone.
//
// The error is the client's or the context's. A dead letter may be too large to store its
// key. If all letters of a receiver that is gone are so large, the error says so, and the
// other receivers are returned with it.
func (t *Transport) Receivers(ctx context.Context) ([]transport.Subscription, error) {
	if err := t.await(ctx); err != nil {
		return nil, annotated(err, "listing receivers")
	}
	declared, err := t.declaredReceivers(ctx)
	if err != nil {
		return nil, annotated(err, "listing receivers")
	}
	dead, err := t.deadReceivers(ctx, declared)
	all := slices.Concat(declared, dead)
	slices.SortFunc(all, func(a, b transport.Subscription) int {
		return cmp.Or(cmp.Compare(a.Event, b.Event), cmp.Compare(a.Key, b.Key))
	})
	return all, annotated(err, "listing receivers")
}

// declaredReceivers returns the receivers that have a durable consumer of ours.
func (t *Transport) declaredReceivers(ctx context.Context) (list []transport.Subscription, err error) {
	stream, err := t.stream(ctx, t.eventStream())
	if err != nil {
		return nil, err
	}
	err = t.asking(ctx, func(ctx context.Context) error {
		list = nil
		consumers := stream.ListConsumers(ctx)
		for c := range consumers.Info() {
			if s, ok := ownerOf(c.Config.Description); ok && c.Name == consumerName(s.Event, s.Key) {
				list = append(list, s)
			}
		}
		return consumers.Err()
	}, apiSubject("CONSUMER.LIST", t.eventStream()))
	return list, err
}

// deadReceivers returns the receivers that have dead letters and are not known yet.
func (t *Transport) deadReceivers(ctx context.Context, known []transport.Subscription) (list []transport.Subscription, err error) {
	stream, err := t.stream(ctx, t.deadStream())
	if err != nil {
		return nil, err
	}
	subjects, err := t.subjects(ctx, stream, t.settings.prefix+".dead.>")
	if err != nil {
		return nil, err
	}
	for _, s := range known {
		delete(subjects, t.deadSubject(s.Event, s.Key))
	}
	var unnamed []error
	for _, subject := range slices.Sorted(maps.Keys(subjects)) {
		raw, err := t.firstMessage(ctx, stream, 1, subject)
		if errors.Is(err, jetstream.ErrMsgNotFound) { // it was replayed or discarded meanwhile
			continue
		}
		if err != nil {
			return nil, err
		}
		m, _ := read(raw.Header, raw.Data)
		if t.deadSubject(m.Event, m.Key) != subject {
			unnamed = append(unnamed, fmt.Errorf("the dead letters of the subject %s do not say whose they are: name their event and key", subject))
			continue
		}
		list = append(list, transport.Subscription{Event: m.Event, Key: m.Key})
	}
	return list, errors.Join(unnamed...)
}
