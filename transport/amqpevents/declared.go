package amqpevents

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// declared has the receivers whose queues this transport declared. Somebody may delete
// these queues or reset the broker. A publisher without receivers notices that only when
// no queue gets an event.
type declared struct {
	repairing chan struct{} // holds a value while queues are declared again

	mu      sync.Mutex
	keys    map[string]map[string]bool // of receivers, by event
	repairs map[string]int             // how often the receivers of an event were declared again
	missing map[string]time.Time       // since when no queue gets an event
}

func newDeclared() *declared {
	return &declared{repairing: make(chan struct{}, 1), keys: map[string]map[string]bool{}, repairs: map[string]int{}, missing: map[string]time.Time{}}
}

func (d *declared) add(event, key string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.keys[event] == nil {
		d.keys[event] = map[string]bool{}
	}
	d.keys[event][key] = true
}

// of returns the declared keys that a message is for.
func (d *declared) of(m transport.Message) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	keys := d.keys[m.Event]
	switch {
	case m.Key == "":
		return slices.Sorted(maps.Keys(keys))
	case keys[m.Key]:
		return []string{m.Key}
	}
	return nil
}

func (d *declared) repaired(event string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.repairs[event]
}

func (d *declared) noteRepair(event string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.repairs[event]++
	delete(d.missing, event)
}

// noteRouted records that a queue gets the event again.
func (d *declared) noteRouted(event string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.missing, event)
}

// missingSince returns since when no queue gets an event: now, unless an earlier call
// returned a time that is not long ago. The caller of that call may have given up.
func (d *declared) missingSince(event string) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if since, known := d.missing[event]; known && time.Since(since) < time.Minute {
		return since
	}
	d.missing[event] = time.Now()
	return d.missing[event]
}

// send publishes a message and reports whether any queue got it. If none did, although
// this transport declared receivers for it, send declares them again and publishes the
// message once more.
func (t *Transport) send(ctx context.Context, to route, m transport.Message) (routed bool, err error) {
	publish := func() (bool, error) { return t.publisher.publish(ctx, ctx, to, t.publishing(m)) }
	before := t.declared.repaired(m.Event)
	if routed, err = publish(); err != nil || routed {
		return routed, err
	}
	keys := t.declared.of(m)
	if len(keys) == 0 {
		return false, nil
	}
	since := t.declared.missingSince(m.Event) // before the wait for other repairs, so that the waits overlap
	select {
	case t.declared.repairing <- struct{}{}:
		defer func() { <-t.declared.repairing }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if t.declared.repaired(m.Event) == before {
		routed, err = t.repair(ctx, m.Event, keys, since, publish)
	} else {
		routed, err = publish()
	}
	if routed {
		t.declared.noteRouted(m.Event)
	}
	return routed, err
}

// beforeRepair is how long a queue that was deleted is left to its consumers. If a quorum
// queue is declared again within a tenth of a second, RabbitMQ 3.10 does not cancel its
// consumers. They then wait for ever.
const beforeRepair = time.Second

// repair declares receivers again, unless their consumers have done so, and publishes.
// Only one call may run at a time.
func (t *Transport) repair(ctx context.Context, event string, keys []string, since time.Time, publish func() (bool, error)) (routed bool, err error) {
	if !pause(ctx, nil, time.Until(since.Add(beforeRepair))) {
		return false, ctx.Err()
	}
	if routed, err = publish(); err != nil || routed {
		return routed, err
	}
	for _, key := range keys {
		if err := t.declareReceiver(ctx, keyed(event, key)); err != nil {
			return false, annotated(err, "declaring the receivers again, because no queue got the event")
		}
	}
	t.declared.noteRepair(event)
	t.log().LogAttrs(ctx, slog.LevelWarn,
		"no queue got an event, and its receivers are declared again: if their queues were deleted or the broker was reset, the events that waited in them are lost",
		slog.String("event", event), slog.Any("keys", keys), slog.String("broker", t.publisher.link.broker.host))
	return publish()
}

// declareReceiver declares all that a receiver key needs.
func (t *Transport) declareReceiver(ctx context.Context, r target) error {
	return t.declare(ctx, func(ch channel) error {
		if err := t.topology.exchanges(ch); err != nil {
			return err
		}
		return t.topology.receiver(ch, r)
	})
}
