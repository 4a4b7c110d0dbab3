package e2e_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// node is what a reader of the screen is told of.
type node struct {
	Ignored bool `json:"ignored"`
	Role    text `json:"role"`
	Name    text `json:"name"`
}

type text struct {
	Value string `json:"value"`
}

// spoken is what the browser's accessibility tree has, each as "role: name".
func (p *tab) spoken() []string {
	p.t.Helper()
	var tree struct {
		Nodes []node `json:"nodes"`
	}
	p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		return cdp.Execute(ctx, "Accessibility.getFullAXTree", nil, &tree)
	}))
	var list []string
	for _, n := range tree.Nodes {
		if !n.Ignored {
			list = append(list, n.Role.Value+": "+strings.Join(strings.Fields(n.Name.Value), " "))
		}
	}
	return list
}

// controls are roles that need a name.
var controls = []string{"link", "button", "searchbox", "textbox", "heading", "region", "image", "columnheader", "rowheader"}

// Both pages, narrow and wide: a table that is laid out as blocks is still a
// table.
func TestAccessibilityTree(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	frame := []string{
		"link: Skip to content", "banner: ", "link: rollcall", "search: ", "searchbox: Search events and listeners", "button: Search",
		"main: ", "contentinfo: ", "button: Pause", "heading: Recent dispatches", "table: ", "rowgroup: ", "row: ", "list: ", "listitem: ",
	}
	index := slices.Concat(frame, []string{
		"heading: Events", "heading: Orphans", "region: Events", "link: recipe.rejected", "rowheader: recipe.rejected",
		"columnheader: Event", "columnheader: Listeners", "columnheader: Dispatches", "columnheader: Errors", "columnheader: Note",
	})
	event := slices.Concat(frame, []string{
		"heading: recipe.created", "region: Order", "group: Diagram of the order", "image: The order of event listeners",
		"table: Listeners in the order in which they run", "rowheader: notify.Mailer", "columnheader: No.", "columnheader: Listener",
		"columnheader: Reason", "columnheader: Registered at", "columnheader: Calls", "columnheader: Errors", "columnheader: p50", "columnheader: p99",
	})
	for _, look := range looks() {
		t.Run(fmt.Sprint(look.scheme, look.width), func(t *testing.T) {
			p, s := stage.open(t)
			s.good("Tea")
			p.emulate(look.scheme, look.width)
			p.beforeScripts(byHand)
			p.hears("", index)
			p.reloadUntil(`document.querySelector(".timeline") !== null`)
			p.hears(eventPage("recipe.created"), event)
		})
	}
}

// hears fails the test where the page lacks what is wanted, or the name of a
// control.
func (p *tab) hears(address string, want []string) {
	p.t.Helper()
	p.open(address)
	got := p.spoken()
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g string) bool { return strings.HasPrefix(g, w) }) {
			p.t.Errorf("%s: nobody hears of %q", address, w)
		}
	}
	for _, g := range got {
		if role, name, _ := strings.Cut(g, ": "); name == "" && slices.Contains(controls, role) {
			p.t.Errorf("%s: a %s has no name", address, role)
		}
	}
	if p.t.Failed() {
		p.t.Logf("%q", got)
	}
}
