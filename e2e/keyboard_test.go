package e2e_test

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// focused is where the focus is, and whether it can be seen there.
type focused struct {
	Name    string // the element's id, or its class, or its text
	Outline bool
	InView  bool
	Page    bool // it is nowhere in the page
}

func (p *tab) focused() (at focused) {
	p.t.Helper()
	p.eval(`(() => {
		const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
		return {
			Name: e.id || e.className || e.textContent.trim(),
			Outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
			InView: box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.top < innerHeight,
			Page: e === document.body,
		};
	})()`, &at)
	return at
}

// tabs presses Tab until the focus leaves the page or comes to its start again.
func (p *tab) tabs() []string {
	p.t.Helper()
	var names []string
	for range 100 {
		p.do(chromedp.KeyEvent(kb.Tab))
		at := p.focused()
		if at.Page || len(names) > 0 && at.Name == names[0] {
			return names
		}
		if !at.Outline || !at.InView {
			p.t.Errorf("the focus can't be seen: %+v", at)
		}
		names = append(names, at.Name)
	}
	p.t.Fatalf("the focus goes on and on: %q", names)
	return nil
}

func TestKeyboard(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	for _, tt := range []struct {
		name string
		test func(*testing.T, *tab)
	}{
		{"tab reaches all", testTab},
		{"skip link", testSkipLink},
		{"picture scrolls", testPictureScrolls},
		{"pause", testPauseByKeyboard},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, s := stage.open(t)
			s.good("Tea")
			s.refused("Tea")
			p.beforeScripts(byHand) // nothing is to change meanwhile
			tt.test(t, p)
		})
	}
}

func testTab(t *testing.T, p *tab) {
	head := []string{"skip", "rollcall", "q", "Search"}
	events := []string{"recipe.submitted", "recipe.created", "recipe.rejected", "http.middleware"}
	for _, look := range looks() {
		p.emulate(look.scheme, look.width)
		for address, own := range map[string][]string{"": events, eventPage("recipe.submitted"): {"picture"}} {
			p.open(address)
			want := slices.Concat(head, own, p.texts(".timeline h3 a"), []string{"pause"})
			if diff := cmp.Diff(want, p.tabs()); diff != "" {
				t.Errorf("%v: %s", look, diff)
			}
		}
	}
}

// The skip link leads past the header.
func testSkipLink(t *testing.T, p *tab) {
	p.open("")
	p.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Tab))
	if at := p.focused(); at.Name != "recipe.submitted" || !at.Outline {
		t.Errorf("the focus is at %+v", at)
	}
}

// The picture scrolls by the arrow keys where it is wider than the window.
func testPictureScrolls(_ *testing.T, p *tab) {
	p.emulate("light", 360)
	p.open(eventPage("recipe.submitted"))
	p.is(`document.querySelector(".picture").scrollWidth > document.querySelector(".picture").clientWidth`)
	p.do(chromedp.Focus(".picture", chromedp.ByQuery), chromedp.KeyEvent(kb.ArrowRight))
	p.waitFor(`document.querySelector(".picture").scrollLeft > 0`)
}

func testPauseByKeyboard(_ *testing.T, p *tab) {
	p.open("")
	p.do(chromedp.Focus("#pause", chromedp.ByQuery))
	p.is(`document.activeElement.ariaPressed === "false"`)
	p.do(chromedp.KeyEvent(" "))
	p.is(`document.activeElement.ariaPressed === "true"`)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.is(`document.activeElement.ariaPressed === "false"`)
}
