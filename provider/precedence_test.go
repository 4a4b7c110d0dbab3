package provider_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider"
)

// reaches says whether to must wait for from, directly or through others.
func reaches(p *provider.Precedence, from, to int) bool {
	var seen []int
	pending := []int{from}
	for len(pending) > 0 {
		n := pending[0]
		pending = pending[1:]
		for _, next := range p.Next[n] {
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
	built := must[*provider.Ordered](t)(provider.Build(listeners{
		on("f", `priority:"first"`), on("a"), on("b", `after:"a"`), on("c", `priority:"10"`), on("l", `priority:"last"`), on("m", `priority:"last"`),
	}, nil))
	own := must[*provider.Map](t)(provider.NewMap(map[event.Key][]provider.Listener{createdKey: {on("x"), on("y"), on("z")}}))
	for _, tt := range []struct {
		name     string
		provider provider.Provider
		want     string // each pair that is kept apart
	}{
		{"a sorted list", built, "[f<c f<a f<b f<l f<m c<l c<m a<b a<l a<m b<l b<m]"},
		{"one of which some are left out", provider.NewFilter(built, func(_ any, l provider.Listener) bool { return l.ID != "f" && l.ID != "m" }), "[c<l a<b a<l b<l]"},
		{"a list with an order of its own", own, "[x<y x<z y<z]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list := must[*provider.List](t)(tt.provider.Listeners(&created{}))
			p := list.Precedence()
			var pairs []string
			for i, a := range list.All() {
				for j, b := range list.All() {
					if reaches(p, i, j) {
						pairs = append(pairs, a.ID+"<"+b.ID)
					}
				}
			}
			check(t, "kept apart", fmt.Sprint(pairs), tt.want)
			if list.Precedence() != p {
				t.Error("computed again")
			}
		})
	}
}

func TestPrecedenceOfNobody(t *testing.T) {
	var none *provider.List
	if p := none.Precedence(); p.Listeners != 0 || len(p.Waits) != 0 || len(p.Next) != 0 {
		t.Errorf("got %v", p)
	}
}
