package rollcall_test

import (
	"strings"
	"testing"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/tags"
)

// placed is an event that remembers whom it met.
type placed struct{ met []string }

func listener(id string, tag tags.Tag) fx.Option {
	return fxevents.AsListener(func() func(*placed) {
		return func(p *placed) { p.met = append(p.met, id) }
	}, tag+tags.Tag(` id:"`+id+`"`))
}

// The promise: listeners from many modules in one explained order, whatever
// order the modules stand in.
func TestTheSameOrderForEveryPermutation(t *testing.T) {
	modules := []fx.Option{
		fx.Module("audit", listener("audit.Log", `priority:"first"`)),
		fx.Module("search", listener("search.Indexer", `priority:"10"`)),
		fx.Module("notify", listener("notify.Mailer", `after:"search.Indexer"`)),
		fx.Module("check", listener("check.Spelling", `before:"search.Indexer"`)),
		fx.Module("stats", listener("stats.Counter", `priority:"last" after:"notify.Mailer"`)),
		fx.Module("orders", fxevents.Event[*placed]("order.placed"), listener("orders.Store", ``)),
	}
	const want = "audit.Log check.Spelling search.Indexer notify.Mailer orders.Store stats.Counter"
	count := 0
	permute(modules, len(modules), func() {
		count++
		if got := emitted(t, modules); got != want {
			t.Fatalf("permutation %d:\ngot  %s\nwant %s", count, got, want)
		}
	})
	if count != 720 {
		t.Errorf("%d permutations, want 720", count)
	}
}

func emitted(t *testing.T, modules []fx.Option) string {
	t.Helper()
	p := &placed{}
	app := fx.New(fx.NopLogger, fxevents.Module(), fx.Options(modules...),
		fx.Invoke(func(e *rollcall.Emitter[*placed]) error { return e.Emit(t.Context(), p) }))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(p.met, " ")
}

// permute puts the first n of the list into each of their orders (Heap's
// algorithm).
func permute[T any](list []T, n int, visit func()) {
	if n <= 1 {
		visit()
		return
	}
	for i := range n {
		permute(list, n-1, visit)
		if i == n-1 {
			break
		}
		j := 0
		if n%2 == 0 {
			j = i
		}
		list[j], list[n-1] = list[n-1], list[j]
	}
}
