package e2e_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// A day of the recipes example.
func TestRecipes(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	for _, tt := range []struct {
		name string
		test func(*testing.T, *tab, *service)
	}{
		{"crawl", testCrawl},
		{"search", testSearch},
		{"follow an event", testFollow},
		{"counts rise", testCountsRise},
		{"refused", testRefused},
		{"without JavaScript", testWithoutJavaScript},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, s := stage.open(t)
			tt.test(t, p, s)
		})
	}
}

// Every page that a link leads to, from the first one on.
func testCrawl(t *testing.T, p *tab, s *service) {
	s.good("Tea")
	s.refused("Tea")
	s.post(`{"title": 7}`, http.StatusBadRequest)
	seen := map[string]string{} // address without its fragment → heading
	for next := []string{p.base.String()}; len(next) > 0; next = next[1:] {
		if _, known := seen[next[0]]; known || !strings.HasPrefix(next[0], s.url) {
			continue
		}
		if got := p.open(next[0]); got.Status != http.StatusOK || got.MimeType != "text/html" {
			t.Errorf("%s: status %d, %s", next[0], got.Status, got.MimeType)
		}
		seen[next[0]] = p.text("h1")
		next = append(next, p.links()...)
	}
	want := map[string]string{p.base.String(): "Events"}
	for _, name := range []string{"recipe.submitted", "recipe.created", "recipe.rejected"} {
		want[p.base.String()+"event?name="+name+"&provider=default"] = name
	}
	want[p.base.String()+"event?name=http.middleware&provider=default"] = "list http.middleware"
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

// links are the addresses that the page links to, without fragments.
func (p *tab) links() []string {
	p.t.Helper()
	var list []string
	p.eval(`[...document.links].map(a => a.href.split("#")[0])`, &list)
	return list
}

const (
	searchBox  = "#q"
	foundNames = "#events tbody th"
)

// search types a text into the box, in place of what is there, and presses
// Enter.
func (p *tab) search(text string) {
	p.t.Helper()
	p.eval("document.querySelector("+quoted(searchBox)+").select()", nil)
	p.navigate(chromedp.SendKeys(searchBox, text+kb.Enter, chromedp.ByQuery))
}

func testSearch(t *testing.T, p *tab, _ *service) {
	p.open("")
	for _, tt := range []struct {
		text, status string
		found        []string
	}{
		{"mailer", "1 of 4 match mailer. Show all", []string{"recipe.created"}},
		{"AUDIT.log", "3 of 4 match AUDIT.log. Show all", []string{"recipe.submitted", "recipe.created", "recipe.rejected"}},
		{"recipe.rej", "1 of 4 match recipe.rej. Show all", []string{"recipe.rejected"}},
		{"@trace", "1 of 4 match @trace. Show all", []string{"list http.middleware"}},
		{"auth.Auth", "1 of 4 match auth.Auth. Show all", []string{"list http.middleware"}}, // it is off
		{"zebra", "0 of 4 match zebra. Show all", []string{}},
		{`"><b>&amp; 100%`, `0 of 4 match "><b>&amp; 100%. Show all`, []string{}},
	} {
		p.search(tt.text)
		if got := p.text("[role=status]"); got != tt.status {
			t.Errorf("%s: got %q, want %q", tt.text, got, tt.status)
		}
		if diff := cmp.Diff(tt.found, p.texts(foundNames)); diff != "" {
			t.Errorf("%s: %s", tt.text, diff)
		}
		p.is(`document.querySelector("#q").value === ` + quoted(tt.text))
	}
	p.follow("[role=status] a")
	if got := p.texts(foundNames); len(got) != 4 {
		t.Errorf("all are %v", got)
	}
}

func testFollow(t *testing.T, p *tab, _ *service) {
	p.open("")
	p.follow(`#events a[href*="recipe.created"]`)
	if got := p.text("h1"); got != "recipe.created" {
		t.Errorf("the heading is %q", got)
	}
	order := []string{"audit.Log", "search.Indexer", "notify.Mailer", "notify.Digest"}
	if diff := cmp.Diff(order, p.texts("#rows tbody th")); diff != "" {
		t.Error(diff)
	}
	picture := strings.Join(p.texts(".picture text"), "\n")
	for _, want := range []string{"1. audit.Log", "2. search.Indexer", "3. notify.Mailer", "4. notify.Digest", "right after search.Indexer"} {
		if !strings.Contains(picture, want) {
			t.Errorf("the picture has no %q:\n%s", want, picture)
		}
	}
	p.follow(".home a")
	if got := p.text("h1"); got != "Events" {
		t.Errorf("the first page's heading is %q", got)
	}
}

// Counts rise in a page that stays the same one, and the timelines say what
// became of each recipe.
func testCountsRise(t *testing.T, p *tab, s *service) {
	p.open("")
	p.eval("window.same = true", nil)
	p.is(says("recipe.submitted", "Dispatches", "0"))
	s.good("Tea", "Soup", "Bread")
	s.refused("Tea")
	s.post("{", http.StatusBadRequest)
	for event, count := range map[string]string{"recipe.submitted": "5", "recipe.created": "3", "recipe.rejected": "2"} {
		p.waitFor(says(event, "Dispatches", count))
		p.is(says(event, "Errors", "0"))
	}
	p.is("window.same")

	p.open(eventPage("recipe.submitted"))
	p.eval("window.same = true", nil)
	p.is(says("audit.Log", "Calls", "5"))
	p.is(says("search.Indexer", "Calls", "4"))
	p.is(says("recipes.Store", "Calls", "3"))
	p.is("/^[0-9.]+ (ns|µs|ms)$/.test(" + cell("audit.Log", "p50") + ")")
	s.good("Cake")
	p.waitFor(says("recipes.Store", "Calls", "4"))
	p.is("window.same")
}

// A refused recipe's timeline says who stopped the event and who was not
// called.
func testRefused(t *testing.T, p *tab, s *service) {
	s.good("Tea")
	s.refused("Tea")
	p.open(eventPage("recipe.submitted"))
	for _, tt := range []struct {
		timeline, heading string // the newest first
		called, skipped   []string
	}{
		{"1", "stopped by search.Indexer", []string{"audit.Log", "recipes.Validator", "search.Indexer"}, []string{"recipes.Store"}},
		{"2", "stopped by recipes.Validator", []string{"audit.Log", "recipes.Validator"}, []string{"search.Indexer", "recipes.Store"}},
		{"3", "done", []string{"audit.Log", "recipes.Validator", "search.Indexer", "recipes.Store"}, nil},
	} {
		article := ".timeline:nth-child(" + tt.timeline + ") "
		if got := p.text(article + "h3 > span"); got != tt.heading {
			t.Errorf("timeline %s is %q, want %q", tt.timeline, got, tt.heading)
		}
		names := p.texts(article + ".who")
		if want := slices.Concat(tt.called, tt.skipped); !slices.Equal(names, want) {
			t.Errorf("timeline %s has %v, want %v", tt.timeline, names, want)
		}
		for i, what := range p.texts(article + ".what") {
			if not := "not called: " + strings.TrimPrefix(tt.heading, "stopped by ") + " stopped the event"; (what == not) != (i >= len(tt.called)) {
				t.Errorf("timeline %s says of %s: %s", tt.timeline, names[i], what)
			}
		}
	}
}
