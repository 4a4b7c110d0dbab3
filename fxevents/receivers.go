package fxevents

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/transport"
)

// receivers has the subscriptions of an application. They run from its start to its stop,
// and again if it is started again.
type receivers struct {
	assembly      *Assembly
	transport     transport.Transport // to subscribe to
	inFlight      *inFlight           // of all subscriptions
	shutdowner    fx.Shutdowner
	subscriptions []subscribed
	run           *run
}

// start declares all receivers, including those of other processes, and subscribes those
// of this process.
func (r *receivers) start(ctx context.Context) error {
	if r.assembly.isClosed() {
		return errors.New("rollcall: the transport was closed when the application stopped: make another application by fx.New")
	}
	connector, connects := r.transport.(transport.Connector)
	withoutBroker := connects && r.assembly.settings.withoutBroker
	if withoutBroker {
		if err := awaitStore(ctx, r.transport); err != nil {
			return err
		}
	} else if err := r.declare(ctx, connector); err != nil {
		return err
	}
	r.run = begin(logged{r.transport, r.inFlight}, r.shutdowner, r.subscriptions)
	if withoutBroker {
		r.run.background(func(ctx context.Context) { r.declareLater(ctx, connector) })
	}
	return nil
}

// awaitStore waits for the database of a transport that is an Outbox. It returns before ctx
// ends.
func awaitStore(ctx context.Context, t transport.Transport) error {
	box, ok := t.(transport.Outbox)
	if !ok {
		return nil
	}
	ctx, cancel := shortly(ctx)
	defer cancel()
	if err := box.AwaitStore(ctx); err != nil {
		return fmt.Errorf("rollcall: the application does not start without its outbox: %w", err)
	}
	return nil
}

// declare waits for the connection of a transport that is a Connector, and declares all
// receivers. It returns before ctx ends.
func (r *receivers) declare(ctx context.Context, c transport.Connector) error {
	ctx, cancel := shortly(ctx)
	defer cancel()
	if c != nil {
		if err := c.AwaitConnection(ctx); err != nil {
			return fmt.Errorf("rollcall: the application does not start without its broker: %w: start the broker, or pass fxevents.StartWithoutBroker() to fxevents.Module", err)
		}
	}
	return r.assembly.publisher.declare(ctx)
}

// declareLater declares all receivers when the broker can be reached. It logs why that is
// not possible yet.
func (r *receivers) declareLater(ctx context.Context, c transport.Connector) {
	for attempt := 1; ; attempt++ {
		wait, cancel := context.WithTimeout(ctx, transport.Backoff(attempt))
		err := c.AwaitConnection(wait)
		if err == nil {
			err = r.assembly.publisher.declare(ctx)
		}
		if err != nil {
			<-wait.Done() // an error may come at once
		}
		cancel()
		if ctx.Err() != nil {
			return
		}
		logger := orDefault(r.assembly.settings.logger)
		if err == nil {
			logger.LogAttrs(ctx, slog.LevelInfo, "receivers are declared at the broker", slog.Int("attempt", attempt))
			return
		}
		logger.LogAttrs(ctx, slog.LevelWarn, "broker can't be used yet", slog.Int("attempt", attempt), slog.String("reason", err.Error()))
	}
}

func orDefault(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.Default()
	}
	return l
}

// stop ends the subscriptions and waits for running listeners. If they take too long, it
// logs which these are. It then also closes the transport, because Fx may run no further
// hooks.
func (r *receivers) stop(ctx context.Context) error {
	ctx, cancel := shortly(ctx)
	defer cancel()
	err := r.run.stop(ctx)
	if ctx.Err() != nil {
		r.inFlight.logLeft()
		return errors.Join(err, r.assembly.Close())
	}
	return err
}

// shortly returns a context that ends shortly before ctx. Once ctx has ended, Fx returns
// the error of ctx and not that of the hook, and the process may end at once.
func shortly(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(time.Until(deadline)/10, time.Second/4)))
}

// run is the time from a start to its stop, or longer if listeners do not return.
type run struct {
	shutdowner fx.Shutdowner
	ctx        context.Context // ends when the application stops
	cancel     context.CancelFunc
	ended      sync.WaitGroup
	shutdown   sync.Once

	mu       sync.Mutex
	running  []string
	problems []error
}

func begin(t transport.Transport, shutdowner fx.Shutdowner, subscriptions []subscribed) *run {
	ctx, cancel := context.WithCancel(context.Background())
	r := &run{shutdowner: shutdowner, ctx: ctx, cancel: cancel}
	for _, s := range subscriptions {
		r.running = append(r.running, s.String())
	}
	for _, s := range subscriptions { // the first may end before the last begins
		r.ended.Go(func() { r.receive(ctx, t, s) })
	}
	return r
}

// background calls f in a goroutine that a stop waits for. The context ends when the
// application stops.
func (r *run) background(f func(context.Context)) {
	r.ended.Go(func() { f(r.ctx) })
}

func (r *run) receive(ctx context.Context, t transport.Transport, s subscribed) {
	err := s.receiver.Receive(ctx, t, s.event)
	if err == nil && ctx.Err() == nil {
		err = errors.New("the transport ended the subscription")
	}
	r.mu.Lock()
	r.running = slices.DeleteFunc(r.running, func(x string) bool { return x == s.String() })
	if err != nil {
		r.problems = append(r.problems, fmt.Errorf("rollcall: receiving %v: %w", s, err))
	}
	r.mu.Unlock()
	if err != nil {
		r.shutdown.Do(func() { // Fx's is not for concurrent use
			_ = r.shutdowner.Shutdown(fx.ExitCode(1)) // it fails if the application is already stopping
		})
	}
}

func (r *run) stop(ctx context.Context) error {
	r.cancel()
	ended := make(chan struct{})
	go func() { r.ended.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := ctx.Err(); err != nil && len(r.running) > 0 {
		r.problems = append(r.problems, fmt.Errorf("rollcall: listeners of %s are still running; their events will be redelivered: %w",
			strings.Join(r.running, ", "), err))
	}
	return errors.Join(r.problems...)
}

// logged is the transport that receivers subscribe to. It logs each delivery that is not
// acknowledged, and whether the event is redelivered or becomes a dead letter. It also
// logs deliveries whose listeners run long.
type logged struct {
	transport.Transport
	inFlight *inFlight
}

// Subscribe calls transport.Decide before the transport does, and that verdict is final.
// So panics and last attempts are logged, too. The Timeout counts once, in this Decide.
func (t logged) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	s, err := s.Check()
	if err != nil {
		return err
	}
	untimed := s
	untimed.Timeout = 0
	return t.Transport.Subscribe(ctx, untimed, func(ctx context.Context, d transport.Delivery) transport.Verdict {
		handling := t.inFlight.begin(s, d)
		defer t.inFlight.end(handling) // even if a listener ends its goroutine
		v := transport.Decide(ctx, s, h, d)
		if !v.IsAck() {
			t.log(ctx, s, d, v)
		}
		return v
	})
}

func (t logged) log(ctx context.Context, s transport.Subscription, d transport.Delivery, v transport.Verdict) {
	level, message := slog.LevelError, "event becomes a dead letter"
	attributes := []slog.Attr{slog.String("event", s.Event), slog.String("key", s.Key),
		slog.String("id", d.ID), slog.Int("attempt", d.Attempt)}
	if after, again := v.Retry(); again {
		level, message = slog.LevelWarn, "event will be redelivered"
		attributes = append(attributes, slog.Duration("after", after))
	}
	reason, _ := v.Rejected() // a Retry has a reason, too
	orDefault(t.inFlight.logger).LogAttrs(ctx, level, message, append(attributes, slog.String("reason", reason))...)
}
