package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// byHand has refresh.js wait for the test instead of the clock: tick() lets it
// refresh once and ends when that is done.
const byHand = `(() => {
	let next, done = () => {};
	window.setTimeout = f => { next = f; done(true); };
	window.ticking = () => Boolean(next);
	window.tick = () => new Promise(d => { done = d; next(); });
})()`

// What refresh.js does, tick by tick.
func TestRefresh(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	for _, tt := range []struct {
		name string
		test func(*testing.T, *tab, *service)
	}{
		{"pause", testPause},
		{"pause during a refresh", testPauseDuringRefresh},
		{"out of sight", testOutOfSight},
		{"focus stays", testFocusStays},
		{"selection stays", testSelectionStays},
		{"scroll and text stay", testScrollAndTextStay},
		{"search stays", testSearchStays},
		{"nothing to refresh", testNothingToRefresh},
		{"the example is away", testAway},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, s := stage.open(t)
			p.beforeScripts(byHand)
			tt.test(t, p, s)
		})
	}
}

func (p *tab) tick() {
	p.t.Helper()
	p.eval("tick()", nil)
}

func testPause(t *testing.T, p *tab, s *service) {
	p.open("")
	p.do(chromedp.Click("#pause", chromedp.ByQuery))
	p.is(`document.querySelector("#refreshing").textContent.includes("The counts are paused.")`)
	s.good("Tea")
	before := p.seen.fetched()
	p.tick()
	p.tick()
	p.is(says("recipe.submitted", "Dispatches", "0"))
	if after := p.seen.fetched(); after != before {
		t.Errorf("a paused page sends %d requests", after-before)
	}
	p.do(chromedp.Click("#pause", chromedp.ByQuery))
	p.is(`document.querySelector("#refreshing").textContent.includes("The counts refresh automatically.")`)
	p.tick()
	p.is(says("recipe.submitted", "Dispatches", "1"))
}

// A pause that comes while the answer is on its way holds already.
func testPauseDuringRefresh(_ *testing.T, p *tab, s *service) {
	p.open("")
	s.good("Tea")
	p.eval(`(() => { const done = tick(); document.getElementById("pause").click(); return done; })()`, nil)
	p.is(says("recipe.submitted", "Dispatches", "0"))
}

// A page that nobody sees asks for nothing.
func testOutOfSight(t *testing.T, p *tab, s *service) {
	p.open("")
	s.good("Tea")
	p.eval(`Object.defineProperty(document, "hidden", {value: true, configurable: true})`, nil)
	before := p.seen.fetched()
	p.tick()
	if after := p.seen.fetched(); after != before {
		t.Errorf("a hidden page sends %d requests", after-before)
	}
	p.eval("delete document.hidden", nil)
	p.tick()
	p.is(says("recipe.submitted", "Dispatches", "1"))
}

// The part that has the focus stays, until it has it no more.
func testFocusStays(_ *testing.T, p *tab, s *service) {
	p.open("")
	p.do(chromedp.Focus(`#events a[href*="recipe.created"]`, chromedp.ByQuery))
	p.eval("window.focused = document.activeElement", nil)
	s.good("Tea")
	p.tick()
	p.is(`document.querySelectorAll(".timeline").length > 0`) // another part
	p.is(says("recipe.submitted", "Dispatches", "0"))
	p.is("document.activeElement === focused && focused.isConnected")
	p.eval("focused.blur()", nil)
	p.tick()
	p.is(says("recipe.submitted", "Dispatches", "1"))
}

// So does the part where a text is selected.
func testSelectionStays(_ *testing.T, p *tab, s *service) {
	s.good("Tea")
	p.open(eventPage("recipe.submitted"))
	p.eval(`getSelection().selectAllChildren(document.querySelector("#rows tbody th"))`, nil)
	s.good("Soup")
	p.tick()
	p.is(`document.querySelectorAll(".timeline").length === 2`)
	p.is(says("audit.Log", "Calls", "1"))
	p.is(`getSelection().toString() === "audit.Log"`)
	p.eval("getSelection().removeAllRanges()", nil)
	p.tick()
	p.is(says("audit.Log", "Calls", "2"))
}

// What is typed into the search box stays, and so does the page's place.
func testScrollAndTextStay(t *testing.T, p *tab, s *service) {
	s.good(strings.Fields("Tea Soup Bread Cake Pie Jam")...)
	for _, width := range []int64{360, 1440} {
		p.emulate("light", width)
		p.open("")
		p.do(chromedp.SendKeys(searchBox, "half a wo", chromedp.ByQuery))
		p.eval("scrollTo(0, document.documentElement.scrollHeight / 2)", nil)
		var before, after float64
		p.eval("scrollY", &before)
		s.refused("Tea")
		p.tick()
		if p.eval("scrollY", &after); before == 0 || before != after {
			t.Errorf("the page moves from %v to %v", before, after)
		}
		p.is(`document.activeElement.id === "q" && document.activeElement.value === "half a wo"`)
	}
}

// A search stays one. What it found is told once, and not at each refresh.
func testSearchStays(t *testing.T, p *tab, s *service) {
	p.open("./?q=store")
	p.eval(`window.told = document.querySelector("[role=status]")`, nil)
	s.good("Tea")
	p.tick()
	p.is(says("recipe.submitted", "Dispatches", "1"))
	p.is("told.isConnected")
	if got := p.texts(foundNames); !slices.Equal(got, []string{"recipe.submitted"}) {
		t.Errorf("the search finds %v", got)
	}
}

// A page without counts has nothing to refresh.
func testNothingToRefresh(_ *testing.T, p *tab, _ *service) {
	p.seen.allowed = "404"
	p.open(missing)
	p.is(`document.querySelector("#refreshing").hidden`)
	p.is("!ticking()")
}

// Where the application is away, the page stays as it is and tries again.
func testAway(_ *testing.T, p *tab, s *service) {
	p.open("")
	s.good("Tea")
	p.seen.allowed = "ERR_INTERNET_DISCONNECTED"
	p.setAway(true)
	p.tick()
	p.is(says("recipe.submitted", "Dispatches", "0"))
	p.setAway(false)
	p.tick()
	p.is(says("recipe.submitted", "Dispatches", "1"))
}

// setAway returns when requests of the page fail, or don't any more: the browser's
// network learns it a moment after the browser.
func (p *tab) setAway(away bool) {
	p.t.Helper()
	p.do(network.EmulateNetworkConditions(away, 0, -1, -1))
	p.eval(fmt.Sprintf(`(async () => {
		while (await fetch(location.href, {cache: "no-store"}).then(() => false, () => true) !== %t);
	})()`, away), nil)
}
