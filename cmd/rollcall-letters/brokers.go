package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

func openNATS(ctx context.Context, r request, log *slog.Logger) (*server, error) {
	options := []natsevents.Option{natsevents.ExistingStreams(), natsevents.Logger(log)}
	if r.prefix != "" {
		options = append(options, natsevents.Prefix(r.prefix))
	}
	t, err := natsevents.Connect(r.address.text, options...)
	if err != nil {
		return nil, err
	}
	if err := t.AwaitConnection(ctx); err != nil {
		t.Close()
		return nil, err
	}
	return &server{DeadLetters: t, BacklogReporter: t, Receivers: t.Receivers, counts: counts{true, true, true}, close: t.Close}, nil
}

func openAMQP(ctx context.Context, r request, log *slog.Logger) (*server, error) {
	options := []amqpevents.Option{amqpevents.Logger(log)}
	if r.prefix != "" {
		options = append(options, amqpevents.Prefix(r.prefix))
	}
	t, err := amqpevents.Connect(r.address.text, options...)
	if err != nil {
		return nil, err
	}
	s := r.selection
	_, err = t.Backlog(ctx, s.event.value, s.key.value) // it declares nothing
	var conflict *amqpevents.ConflictError
	if err == nil && r.command == replay && r.yes {
		if err = t.AwaitConnection(ctx); errors.As(err, &conflict) { // the application has classic queues
			t.Close()
			if t, err = amqpevents.Connect(r.address.text, append(options, amqpevents.Classic())...); err != nil {
				return nil, err
			}
			err = t.AwaitConnection(ctx)
		}
	}
	if err != nil && !isNobody(err) {
		t.Close()
		return nil, err
	}
	return &server{DeadLetters: t, BacklogReporter: t, Receivers: noReceivers, close: t.Close}, nil
}

// noReceivers is never called, because names are required: see address.check.
func noReceivers(context.Context) ([]transport.Subscription, error) { return nil, errNames }
