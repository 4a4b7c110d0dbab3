package rollcall_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/provider"
)

// publishing is a provider of a *plain with asynchronous listeners of these IDs.
// What is published remembers that, as what.
func publishing(t *testing.T, what string, publish func(context.Context) error, ids ...string) *provider.Sorted {
	t.Helper()
	declared := rollcall.Declare[*plain]("recipe.created")
	declared.Publish = func(ctx context.Context, ev any) error {
		ev.(*plain).met = append(ev.(*plain).met, what)
		return publish(ctx)
	}
	var all listeners
	for _, id := range ids {
		all = append(all, rollcall.NewListener[*plain](id, func(*plain) {}, `async:"k"`))
	}
	p, err := provider.Build(all, []rollcall.Declaration{declared})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func confirmed(context.Context) error { return nil }

// confirmedLate is after the caller has given up.
func confirmedLate(ctx context.Context) error {
	ctx.Value(cancelKey{}).(context.CancelFunc)()
	return nil
}

func eachPolicy(t *testing.T, p rollcall.Provider, test func(*testing.T, func(context.Context, *plain) error)) {
	t.Helper()
	for name, options := range map[string][]rollcall.Option{
		"plainly":                 nil,
		"collecting":              {rollcall.CollectErrors()},
		"parallel":                {rollcall.Parallel(4)},
		"parallel and collecting": {rollcall.Parallel(4), rollcall.CollectErrors()},
		"observed":                {rollcall.Observe(&witness{})},
	} {
		d := rollcall.NewDispatcher(p, options...)
		t.Run(name, func(t *testing.T) {
			test(t, func(ctx context.Context, p *plain) error { return d.Dispatch(ctx, p) })
		})
		t.Run(name+", emitter", func(t *testing.T) { test(t, rollcall.NewEmitter[*plain](d).Emit) })
	}
}

// What has been published was dispatched, also where the context ends meanwhile:
// the caller of a dispatch that fails tries again.
func TestPublishedIsNotInterrupted(t *testing.T) {
	notA := func(_ any, l rollcall.Listener) bool { return l.ID != "a" }
	for _, tt := range []struct {
		name     string
		provider rollcall.Provider
		want     string
	}{
		{"one", publishing(t, "sent", confirmedLate, "a"), "sent"},
		{"two", publishing(t, "sent", confirmedLate, "a", "b"), "sent"},
		{"three", publishing(t, "sent", confirmedLate, "a", "b", "c"), "sent"},
		{"filtered", provider.NewFilter(publishing(t, "sent", confirmedLate, "a", "b", "c"), notA), "sent"},
		{"chained", provider.NewChain(publishing(t, "one", confirmed, "a", "b"), publishing(t, "two", confirmedLate, "x", "y")), "one two"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			eachPolicy(t, tt.provider, func(t *testing.T, dispatch func(context.Context, *plain) error) {
				e := &plain{}
				if err := dispatch(cancellable(t), e); err != nil {
					t.Error(err)
				}
				coretest.Check(t, "published", strings.Join(e.met, " "), tt.want)
			})
		})
	}
}

// Of two publications, the second is not made once the context has ended.
func TestInterruptedIsNotPublished(t *testing.T) {
	p := provider.NewChain(publishing(t, "one", confirmedLate, "a", "b"), publishing(t, "two", confirmed, "x", "y"))
	eachPolicy(t, p, func(t *testing.T, dispatch func(context.Context, *plain) error) {
		e := &plain{}
		var interrupted *rollcall.InterruptedError
		if err := dispatch(cancellable(t), e); !errors.As(err, &interrupted) {
			t.Errorf("got %v", err)
		}
		coretest.Check(t, "published", strings.Join(e.met, " "), "one")
	})
}

// A publication that fails is not said to be the failure of a listener.
func TestPublicationFails(t *testing.T) {
	fails := func(context.Context) error { return fmt.Errorf("no broker: %w", errListener) }
	p := provider.NewChain(publishing(t, "one", confirmed, "a", "b"), publishing(t, "two", fails, "x", "y"))
	eachPolicy(t, p, func(t *testing.T, dispatch func(context.Context, *plain) error) {
		checkError[*rollcall.PublishError](t, dispatch(ctx, &plain{}), "publishing recipe.created for the receivers of k: no broker: failed")
	})
}
