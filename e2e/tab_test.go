package e2e_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// tab is a page in a browser. Whatever it does wrong while it is open fails
// the test.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base *url.URL // where the pages are
	seen *watcher
}

// newTab opens an empty tab for the pages at base, with a profile and with
// connections of its own.
func newTab(t *testing.T, browser context.Context, base string) *tab {
	t.Helper()
	at, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithTargetID(newWindow(t, browser)))
	p := &tab{t: t, ctx: ctx, base: at, seen: &watcher{host: at.Host}}
	chromedp.ListenTarget(ctx, p.seen.note)
	t.Cleanup(func() { p.close(cancel) })
	if err := chromedp.Run(ctx, network.Enable()); err != nil { // what comes first keeps the tab open: it may have no deadline
		t.Fatal(err)
	}
	p.emulate("light", 1440)
	return p
}

// newWindow opens an empty window with a profile of its own: its connections
// end with the test, so that no server waits for them.
func newWindow(t *testing.T, browser context.Context) target.ID {
	t.Helper()
	ctx := cdp.WithExecutor(browser, chromedp.FromContext(browser).Browser)
	profile, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := target.DisposeBrowserContext(profile).Do(ctx); err != nil {
			t.Error(err)
		}
	})
	id, err := target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// close waits for what the page has still to tell.
func (p *tab) close(cancel func()) {
	if !p.t.Failed() {
		p.eval("0", nil)
	}
	cancel()
	for _, fault := range p.seen.all() {
		p.t.Error(fault)
	}
}

// do fails the test where an action fails or takes too long.
func (p *tab) do(actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// navigate does what leads to another page and waits until that is loaded.
func (p *tab) navigate(actions ...chromedp.Action) *network.Response {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, actions...)
	if err != nil {
		p.t.Fatal(err)
	}
	return response
}

// open goes to an address relative to the base.
func (p *tab) open(address string) *network.Response {
	p.t.Helper()
	to, err := p.base.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.navigate(chromedp.Navigate(to.String()))
}

func (p *tab) reload() {
	p.t.Helper()
	p.navigate(chromedp.Reload())
}

// follow clicks a link.
func (p *tab) follow(selector string) {
	p.t.Helper()
	p.navigate(chromedp.Click(selector, chromedp.ByQuery))
}

// emulate sets the colour scheme and the width of the window, of a phone where
// that is narrow. Nothing moves smoothly, so that what is clicked stays where
// it is.
func (p *tab) emulate(scheme string, width int64) {
	p.t.Helper()
	p.do(
		emulation.SetDeviceMetricsOverride(width, 900, 1, width < 600),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "prefers-reduced-motion", Value: "reduce"},
		}),
	)
}

// beforeScripts runs a script on each new page before its own ones.
func (p *tab) beforeScripts(script string) {
	p.t.Helper()
	p.do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	}))
}

// eval gives the value of an expression, or of the promise that it is.
func (p *tab) eval(expression string, result any) {
	p.t.Helper()
	p.do(chromedp.Evaluate(expression, result, func(e *runtime.EvaluateParams) *runtime.EvaluateParams {
		return e.WithAwaitPromise(true)
	}))
}

// waitFor waits until a condition holds in the page, looking at each frame.
func (p *tab) waitFor(condition string) {
	p.t.Helper()
	var done bool
	p.eval(fmt.Sprintf(`new Promise(done => {
		const look = () => (%s) ? done(true) : requestAnimationFrame(look);
		look();
	})`, condition), &done)
}

// texts are those of the elements that match, with single spaces.
func (p *tab) texts(selector string) []string {
	p.t.Helper()
	var list []string
	p.eval(`[...document.querySelectorAll(`+quoted(selector)+`)].map(e => e.textContent.replace(/\s+/g, " ").trim())`, &list)
	return list
}

// text is that of the only element that matches.
func (p *tab) text(selector string) string {
	p.t.Helper()
	list := p.texts(selector)
	if len(list) != 1 {
		p.t.Fatalf("%d elements match %s", len(list), selector)
	}
	return list[0]
}

// is fails the test where an expression is not true.
func (p *tab) is(expression string) {
	p.t.Helper()
	var got bool
	if p.eval(expression, &got); !got {
		p.t.Errorf("not so: %s", expression)
	}
}

//go:embed testdata/checks.js
var checks string

// faults are what is wrong with the page as it stands.
func (p *tab) faults() []string {
	p.t.Helper()
	var list []string
	p.eval(checks, &list)
	return list
}

// quoted is a text as JavaScript has it.
func quoted(s string) string {
	b, _ := json.Marshal(s) // a string has JSON
	return string(b)
}
