package e2e_test

import (
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// Without JavaScript the pages do all but refresh.
func testWithoutJavaScript(t *testing.T, p *tab, s *service) {
	p.do(emulation.SetScriptExecutionDisabled(true))
	p.open("")
	p.is(`document.querySelector("#refreshing").hidden`)
	p.is(`document.querySelector("noscript p").checkVisibility()`)
	p.is(says("recipe.created", "Dispatches", "0"))

	p.search("digest")
	if got := p.texts(foundNames); !slices.Equal(got, []string{"recipe.created"}) {
		t.Errorf("the search finds %v", got)
	}
	p.follow("#events tbody a")
	p.is(says("notify.Digest", "Calls", "0"))

	s.good("Tea", "Soup")
	p.reloadUntil(says("notify.Digest", "Calls", "2"))
	p.follow(".home a")
	p.is(says("recipe.created", "Dispatches", "2"))
}

// reloadUntil loads the page anew until a condition holds: what is slow runs
// after the reply.
func (p *tab) reloadUntil(condition string) {
	p.t.Helper()
	for range 100 {
		var holds bool
		p.reload()
		if p.eval(condition, &holds); holds {
			return
		}
	}
	p.t.Fatalf("not even after a hundred reloads: %s", condition)
}
