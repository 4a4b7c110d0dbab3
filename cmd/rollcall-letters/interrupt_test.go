package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// onLine calls a function when the first line was printed.
type onLine struct {
	strings.Builder
	call func()
}

func (w *onLine) Write(text []byte) (int, error) {
	defer w.call()
	return w.Builder.Write(text)
}

// three are dead letters of one key.
var three = []stuck{{"mail", "1", "no", nil, 3 * time.Hour}, {"mail", "2", "no", nil, 2 * time.Hour}, {"mail", "3", "no", nil, time.Hour}}

// An interrupt between two letters leaves the others where they are.
func TestInterruptedBetweenLetters(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "nats", "amqp"} {
		for _, command := range []string{replay, discard} {
			t.Run(kind+" "+command, func(t *testing.T) {
				t.Parallel()
				p := anyPlace(t, kind)
				p.bury(t, three...)
				ctx, interrupt := context.WithCancel(t.Context())
				stdout, stderr := &onLine{call: interrupt}, &strings.Builder{}
				code := run(ctx, []string{command, "-url", p.url, "-prefix", p.prefix, "-event", event, "-key", "mail", "-yes"}, noEnv, stdout, stderr)
				if want := command + "ed order.placed mail 1\n"; code != exitInterrupted || stdout.String() != want {
					t.Errorf("exit code %d, printed %q, want %q", code, stdout, want)
				}
				if want := "rollcall-letters: interrupted\n1 of 1 dead letters " + command + "ed. All others are where they were\n"; stderr.String() != want {
					t.Errorf("got %q, want %q", stderr, want)
				}
				if got := p.left(t, "mail"); !slices.Equal(got, []string{"2", "3"}) {
					t.Errorf("%q are left", got)
				}
				if command == replay {
					if got := p.received(t, "mail", 1); !slices.Equal(got, []string{"1"}) {
						t.Errorf("%q are received", got)
					}
				}
			})
		}
	}
}

func noEnv(string) string { return "" }

// A letter in progress is finished, and its calls to the server are not cancelled.
func TestInterruptedWhileReplaying(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	var stdout, stderr strings.Builder
	w := newWalk(ctx, request{command: replay, yes: true}, &stdout, newProgress(&stderr, replay))
	defer w.cancel(nil)
	noted := make(chan struct{})
	context.AfterFunc(ctx, func() { w.interrupt(); close(noted) })
	s := &fakeServer{letters: 3, replaying: func(ctx context.Context) {
		interrupt()
		<-noted
		if ctx.Err() != nil {
			t.Errorf("the letter in progress is interrupted: %v", context.Cause(ctx))
		}
	}}
	err := w.over(&server{DeadLetters: s, Receivers: oneReceiver})
	if err == nil || context.Cause(w.work) != errInterrupted || !w.isInterrupted() || stdout.String() != "replayed order.placed mail 0\n" {
		t.Errorf("got %v, printed %q", err, &stdout)
	}
	if stderr.String() != "rollcall-letters: interrupted\n" {
		t.Errorf("got %q", &stderr)
	}
}

func oneReceiver(context.Context) ([]transport.Subscription, error) {
	return []transport.Subscription{{Event: event, Key: "mail"}}, nil
}

// fakeServer has dead letters, and calls a function when it replays one.
type fakeServer struct {
	letters   int
	replaying func(context.Context)
}

func (f *fakeServer) EachDeadLetter(ctx context.Context, event, key string, decide func(transport.DeadLetter) transport.Disposal) (int, error) {
	for i := range f.letters {
		if err := ctx.Err(); err != nil {
			return i, err
		}
		l := transport.DeadLetter{Delivery: transport.Delivery{Message: transport.Message{ID: fmt.Sprint(i), Event: event, Key: key}}}
		if decide(l) == transport.Replay {
			f.replaying(ctx)
		}
	}
	return f.letters, nil
}

// An interrupt while the command waits for the server ends it.
func TestInterruptedWhileConnecting(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	silent := listen(t, func(closed <-chan struct{}, _ net.Conn) { interrupt(); <-closed })
	for _, scheme := range []string{"amqp", "mariadb", "postgres"} {
		var stdout, stderr strings.Builder
		args := []string{list, "-url", scheme + "://ann:x@" + silent + "/test", "-event", event, "-key", "mail"}
		if code := run(ctx, args, noEnv, &stdout, &stderr); code != exitInterrupted || stdout.String() != "" || stderr.String() != "rollcall-letters: interrupted\n" {
			t.Errorf("%s: exit code %d, printed %q and %q", scheme, code, &stdout, &stderr)
		}
	}
}
