package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// whole is whether the tests open all pages in all looks, instead of some.
var whole = os.Getenv("ROLLCALL_LEDGER") == "1"

type look struct {
	scheme string
	width  int64
}

// looks are those in which a page is to be right. The short form has each scheme
// and each width once.
func looks() []look {
	if !whole {
		return []look{{"light", 360}, {"dark", 1440}}
	}
	return []look{{"light", 360}, {"light", 1440}, {"dark", 360}, {"dark", 1440}}
}

// All pages, in all looks: the checks of testdata/checks.js, and what a tab
// notes by itself.
func TestLooks(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	p, s := stage.open(t)
	s.good("Tea", "Soup")
	s.refused("Tea")
	sites := map[string][]string{
		p.base.String(): {"./", "./?q=audit", "./?q=zebra", eventPage("recipe.submitted"), eventPage("recipe.created"), eventPage("recipe.rejected"), eventPage("http.middleware"), missing},
	}
	sites[hostileServer(t)] = []string{"./", addressOf(hostile[0].name, hostile[2].name), addressOf(crowdProvider, crowdEvent), missing}
	for _, look := range looks() {
		t.Run(fmt.Sprint(look.scheme, look.width), func(t *testing.T) {
			for base, pages := range sites {
				if base != p.base.String() && look.width > 360 && !whole {
					continue // what is long or wide matters on a narrow page
				}
				p := newTab(t, stage.browser, base)
				p.emulate(look.scheme, look.width)
				for _, address := range pages {
					p.check(address, look.scheme, look.width)
				}
			}
		})
	}
}

// missing is the address of an event that there is not.
const missing = "event?provider=default&name=%3Cb%3Enobody%3C/b%3E"

// addressOf is that of an event's page.
func addressOf(provider, name string) string {
	return "event?" + url.Values{"provider": {provider}, "name": {name}}.Encode()
}

// check opens a page and tells what is wrong with it.
func (p *tab) check(address, scheme string, width int64) {
	p.t.Helper()
	if address == missing {
		p.seen.allowed = "404"
	}
	p.open(address)
	p.is(fmt.Sprintf(`innerWidth === %d && matchMedia("(prefers-color-scheme: %s)").matches`, width, scheme))
	for _, fault := range p.faults() {
		p.t.Errorf("%s: %s", address, fault)
	}
}

// faulty has each fault that the tests look for.
const faulty = `<!doctype html><html><body onload="alert('dialog')">
<style>body { color: #888; background: #fff }</style>
<script>console.warn("said"); setTimeout(() => { throw new Error("thrown") })</script>
<script src="http://localhost:9/elsewhere.js"></script>
<link rel="stylesheet" href="refused.css"><img src="absent.png">
<h1>One</h1><h1>Two</h1><h3 style="width: 3000px">Three</h3><a href="#"></a>
<table><tr><th id="x">cell</th></tr></table><input id="x">
<section aria-labelledby="nothing"></section>
</body></html>`

// The checks see what they are there to see.
func TestChecksFindFaults(t *testing.T) {
	t.Parallel()
	browser := browser(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Security-Policy", "style-src 'unsafe-inline'")
			_, _ = w.Write([]byte(faulty))
		case "/absent.png":
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close) // after the tab, which may still ask for an icon
	p := newTab(t, browser, server.URL)
	p.dismissDialogs()
	p.open("/")
	p.eval("new Promise(done => setTimeout(done, 1))", nil) // after the one that throws
	found := strings.Join(slices.Concat(p.faults(), p.seen.take()), "\n")
	for _, want := range []string{
		`script: <script> "console.warn`, `script: <script> ""`, "script: <body> ", "style: <style>", `style: <h3> "Three"`,
		"width: the page scrolls sideways", `width: <h3> "Three" is from`, `contrast: <h1> "One"  has 3.54`, "page: it has no language or no title",
		"headings: 2 of level 1", `headings: <h3> "Three" comes after level 1`, "table: <th#x>", "table: <table>", "label: <input#x>", "label: <img>", `label: <a> ""`,
		"id: <input#x>", "label: <section>",
		"console.warning: \"said\"", "exception: ", "Error: thrown", "dialog: dialog", "request elsewhere: http://localhost:9/elsewhere.js", "request failed: ",
		"request: status 404", "Content Security Policy",
	} {
		if !strings.Contains(found, want) {
			t.Errorf("nothing finds %q", want)
		}
	}
	if t.Failed() {
		t.Log(found)
	}
}

// dismissDialogs closes what would keep the page from going on.
func (p *tab) dismissDialogs() {
	chromedp.ListenTarget(p.ctx, func(event any) {
		if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
			go func() { _ = chromedp.Run(p.ctx, page.HandleJavaScriptDialog(false)) }() // where that fails, the page hangs
		}
	})
}
