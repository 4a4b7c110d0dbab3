package providertest

import (
	"errors"
	"iter"
	"slices"

	"github.com/rollcall-go/rollcall"
)

func checkTypes(x *trial) {
	x.reach(on[*created]("created.A"), on[*moved]("moved"), on[updated]("updated"), on[*created]("created.B"))
}

func checkInterfaces(x *trial) {
	x.reach(on[change]("change.A"), on[any]("any"), on[audited]("audited"), on[change]("change.B"))
}

func checkNames(x *trial) {
	x.reach(onName("name.A", "thing.moved"), onName("othername", "thing.renamed"), onName("name.B", "thing.moved"))
}

// reach checks which listeners each sample reaches, in any order.
func (x *trial) reach(given ...rollcall.Listener) {
	x.Helper()
	p := x.built(given...)
	for _, s := range samples() {
		want := audience(given, s.event)
		if got := ask(p, s.event); !got.hasOf(want) {
			x.broken("Listeners gave %v for a %v: want %s", got, s, names(want))
		}
	}
}

// checkOrder tries every order, so that no other rule can pass by accident.
func checkOrder(x *trial) {
	s := sampleOf(&moved{"thing.moved"})
	listeners := []rollcall.Listener{on[*moved]("d"), on[change]("b"), onName("c", "thing.moved"), on[*moved]("a")}
	for given := range permutations(listeners) {
		want := audience(given, s.event)
		if got := ask(x.built(given...), s.event); !x.isInOrder(got, want, given) {
			x.broken("Listeners gave %v for a %v: want %s%s", got, s, names(want), x.howOrdered())
			return
		}
	}
}

func (x *trial) howOrdered() string {
	if x.KeyByKey {
		return ", or the keys in another order"
	}
	return ""
}

// permutations yields a copy of the slice in each possible order. It reorders the slice
// while it runs.
func permutations[T any](s []T) iter.Seq[[]T] {
	return func(yield func([]T) bool) { permute(s, 0, yield) }
}

// permute yields every order of the elements from index from on. It returns false if
// yield does.
func permute[T any](s []T, from int, yield func([]T) bool) bool {
	if from == len(s) {
		return yield(slices.Clone(s))
	}
	for i := from; i < len(s); i++ {
		s[from], s[i] = s[i], s[from]
		more := permute(s, from+1, yield)
		s[from], s[i] = s[i], s[from]
		if !more {
			return false
		}
	}
	return true
}

func checkNobody(x *trial) {
	for _, given := range [][]rollcall.Listener{{}, {on[*created]("created"), onName("name", "thing.found")}} {
		p := x.built(given...)
		for _, s := range samples() {
			if len(audience(given, s.event)) > 0 {
				continue
			}
			if got := ask(p, s.event); got.err != nil || got.list.Len() > 0 {
				x.broken("Listeners gave %v for a %v", got, s)
			}
		}
	}
}

func checkNil(x *trial) {
	for _, given := range [][]rollcall.Listener{{}, everybody()} {
		got := ask(x.built(given...), nil)
		var noEvent *rollcall.NilError
		if !errors.As(got.err, &noEvent) {
			x.broken("with %d listeners Listeners gave %v for nil", len(given), got)
		}
		if got.list.Len() > 0 {
			x.broken("with %d listeners Listeners gave %s for nil", len(given), names(got.ids()))
		}
	}
}
