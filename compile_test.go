package rollcall

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"unsafe"

	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/tags"
)

type sent struct{}

func noted(id string, tag ...tags.Tag) *Listener {
	l := NewListener[*sent](id, func(*sent) {}, tag...)
	return &l
}

func listed(t *testing.T, s Spec) *Listeners {
	t.Helper()
	l, err := NewListeners(s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Behind the last publication there is nothing to call.
func TestFunctionsEndWithThePublication(t *testing.T) {
	publish := func(context.Context, any) error { return nil }
	declared := Declare[*sent]("sent")
	declared.Publish = publish
	one := listed(t, Spec{Event: declared, Listeners: []*Listener{noted("a"), noted("b", `async:"k"`), noted("c", `async:"l"`)}})
	other := listed(t, Spec{Event: declared, Listeners: []*Listener{noted("d"), noted("e", `async:"k"`), noted("f", `async:"k"`)}})
	a, b := one.Spec().Listeners, other.Spec().Listeners
	chained := listed(t, Spec{Listeners: []*Listener{a[0], b[0], a[1], a[2], b[1], b[2]}})
	for name, c := range map[string]struct {
		list             *Listeners
		listeners, funcs int
	}{
		"built":   {one, 3, 2},
		"chained": {chained, 6, 5}, // a d b c e
	} {
		listeners := c.list.Spec().Listeners
		if n, erased := len(compile[*sent](listeners)), len(compile[any](listeners)); len(listeners) != c.listeners || n != c.funcs || erased != c.funcs {
			t.Errorf("%s: %d listeners, %d and %d functions; want %d, %d", name, len(listeners), n, erased, c.listeners, c.funcs)
		}
	}
}

// No other object shares a cache line with the functions that each dispatch reads.
func TestFunctionsTakeWholeCacheLines(t *testing.T) {
	const line = 64
	size := unsafe.Sizeof(uintptr(0))
	if size != 8 {
		t.Skip("for processors of 64 bits")
	}
	for n := 1; n <= 64; n++ { // behind that, Go writes 8 bytes in front, once
		var all []*Listener
		for i := range n {
			all = append(all, noted(fmt.Sprint(i)))
		}
		funcs := compile[*sent](all)
		begin, room := uintptr(unsafe.Pointer(&funcs[0])), uintptr(cap(funcs))*size
		if len(funcs) != n || begin%line != 0 || room%line != 0 {
			t.Errorf("%d of %d functions, at %#x, with room for %d bytes", len(funcs), n, begin, room)
		}
	}
}

// What all processors read when an event is emitted shares no cache line with what
// somebody writes.
func TestEmitterTakesWholeCacheLines(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("for processors of 64 bits")
	}
	if emitter, call := unsafe.Sizeof(Emitter[*sent]{}), unsafe.Sizeof(loop[*sent]{}); emitter != 64 || call != 64 {
		t.Errorf("an emitter takes %d bytes, what it calls %d", emitter, call)
	}
}

// reaches reports whether to must wait for from, directly or through others.
func reaches(p *precedence, from, to int) bool {
	var seen []int
	pending := []int{from}
	for len(pending) > 0 {
		n := pending[0]
		pending = pending[1:]
		for _, next := range p.next[n] {
			if int(next) == to {
				return true
			}
			if !slices.Contains(seen, int(next)) {
				seen = append(seen, int(next))
				pending = append(pending, int(next))
			}
		}
	}
	return false
}

func TestPrecedence(t *testing.T) {
	sorted := Spec{Sorted: true, Listeners: []*Listener{
		noted("f", `priority:"first"`), noted("c", `priority:"10"`), noted("a"), noted("b", `after:"a"`), noted("l", `priority:"last"`), noted("m", `priority:"last"`),
	}}
	some := Spec{Sorted: true, Listeners: sorted.Listeners[1:5]}
	labelled := Spec{Sorted: true, Listeners: []*Listener{
		noted("a", `before:"@x"`), noted("b", `labels:"x"`), noted("c", `labels:"x,y"`), noted("d", `after:"@x,?@none"`), noted("e"),
	}}
	entry := func(id string) ordering.Entry { return ordering.Entry{Target: ordering.Target{ID: id}} }
	sequenced := Spec{Sorted: true, Listeners: labelled.Listeners[1:], Sequences: []ordering.Sequence{{Entries: []ordering.Entry{entry("b"), entry("none"), entry("@y"), entry("e")}}}}
	async := Spec{Sorted: true, Listeners: []*Listener{noted("a"), noted("c", `after:"a"`), noted("d"), noted("b", `async:"k"`)}}
	for _, tt := range []struct {
		name string
		spec Spec
		want string // each pair that is kept apart
	}{
		{"a sorted list", sorted, "[f<c f<a f<b f<l f<m c<l c<m a<b a<l a<m b<l b<m]"},
		{"one of which some are left out", some, "[c<l a<b a<l b<l]"},
		{"a label", labelled, "[a<b a<c a<d b<d c<d]"},
		{"a sequence", sequenced, "[b<c b<d b<e c<d c<e]"},
		{"all others before what is published", async, "[a<c a<b c<b d<b]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPrecedence(tt.spec.Listeners, tt.spec.Sequences)
			var pairs []string
			for i, a := range tt.spec.Listeners {
				for j, b := range tt.spec.Listeners {
					if reaches(p, i, j) {
						pairs = append(pairs, a.ID+"<"+b.ID)
					}
				}
			}
			if got := fmt.Sprint(pairs); got != tt.want {
				t.Errorf("kept apart: got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestOriginInAContextWithValues(t *testing.T) {
	type key struct{}
	ctx := withOrigin(context.WithValue(context.Background(), key{}, "x"), Origin{Name: "n"})
	if ctx.Value(key{}) != "x" {
		t.Error("the context's own values are lost")
	}
}

func TestBadSpecs(t *testing.T) {
	declared := Declare[*sent]("sent")
	declared.Publish = func(context.Context, any) error { return nil }
	for _, tt := range []struct {
		spec Spec
		want string
	}{
		{Spec{Listeners: []*Listener{nil}}, "listener without ID can't be used: it has no function: make it with rollcall.NewListener"},
		{Spec{Listeners: []*Listener{{ID: "x"}}}, "listener x can't be used: it has no function: make it with rollcall.NewListener"},
		{Spec{Listeners: []*Listener{{ID: "x", fn: functionOf[int](func(int) {})}}}, "listener x can't be used: it has no event"},
		{Spec{Reasons: []*ordering.Reason{nil}}, "there are 1 reasons for 0 listeners: give one for each, or none"},
		{Spec{Event: declared, Listeners: []*Listener{placeless(noted("a", `async:"k"`)), noted("b")}}, "a is asynchronous, but stands before b, which a dispatch calls: put asynchronous listeners last"},
	} {
		if _, err := NewListeners(tt.spec); err == nil || err.Error() != tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
	}
}

func placeless(l *Listener) *Listener { l.Source = ""; return l }
