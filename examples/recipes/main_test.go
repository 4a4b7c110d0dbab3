package main

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The whole program, over real HTTP: the order with its reasons, what the bad
// lines got, what ran when, and a clean stop.
func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(context.Background(), "", &out); err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(out.String(), "ADDRESS")
	got = regexp.MustCompile(` +\d+\.\d\d ms`).ReplaceAllString(got, "  TIME")
	const want = `The order of each event, and why:
default (event_listener)
  recipe.submitted  *github.com/rollcall-go/rollcall/examples/recipes/internal/recipes.Submitted, declared at recipes/module.go:12
    1  audit.Log          first                          audit/audit.go:18
       - listens to audit.Audited
       - services.yaml:17 says first; the code says nothing
    2  recipes.Validator  right after audit.Log          recipes/module.go:16
       - services.yaml:21 says after audit.Log; the code says first
    3  search.Indexer     right after recipes.Validator  search/search.go:20
    4  recipes.Store      last                           recipes/module.go:17
  recipe.created  *github.com/rollcall-go/rollcall/examples/recipes/internal/recipes.Created, declared at recipes/module.go:13
    1  audit.Log       first                       audit/audit.go:18
       - listens to audit.Audited
       - services.yaml:17 says first; the code says nothing
    2  search.Indexer  priority 0 (default)        search/search.go:21
    3  notify.Mailer   right after search.Indexer  notify/notify.go:22
    4  notify.Digest   last                        notify/notify.go:24
       - before ?metrics.Counter has no effect: no listener has that ID
  recipe.rejected  *github.com/rollcall-go/rollcall/examples/recipes/internal/recipes.Rejected, declared at recipes/module.go:14
    1  audit.Log      first                 audit/audit.go:18
       - listens to audit.Audited
       - services.yaml:17 says first; the code says nothing
    2  notify.Author  priority 0 (default)  notify/notify.go:23
  list http.middleware  github.com/rollcall-go/rollcall/examples/recipes/internal/web.Middleware, declared at web/web.go:22
    1  web.Recover     first                                                                 web/web.go:24
    2  limits.Body     right after web.Recover                                               limits/limits.go:14
       - services.yaml:9 says after web.Recover; the code says last
    3  web.RequestID   priority 0 (default)                                                  web/web.go:23
    4  access.Logging  priority 0 (default), moved down to run after @trace (web.RequestID)  access/access.go:17
    off: auth.Auth (services.yaml:5)

Posting recipes.jsonl to http://ADDRESS/recipes. What the bad lines got:
  line  5  422  the title is missing
  line 10  400  unexpected EOF
  line 16  422  there are no ingredients
  line 23  422  minutes must be more than 0
  line 29  422  there is a recipe of this title already
  line 34  400  json: cannot unmarshal string into Go struct field Recipe.minutes of type int
  line 41  400  json: unknown field "stars"
  line 48  400  invalid character 'o' in literal null (expecting 'u')
  line 53  422  the title is longer than 80 bytes
  line 59  422  there is a recipe of this title already
65 lines: 55 created, 10 refused.

What ran when for "Pea soup with mint":
  TIME  answered 201
  TIME  search.Indexer
  TIME  notify.Mailer
  TIME  notify.Digest

What ran when for "Stone soup":
  TIME  answered 422
  TIME  notify.Author

55 recipes kept, 55 indexed, 55 mailed, 6 authors told.
Stopped.
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// output is a writer that tells when a line has come.
type output struct {
	mu   sync.Mutex
	text strings.Builder
	seen chan string
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if m := regexp.MustCompile(`Serving at (\S+):`).FindSubmatch(p); m != nil {
		o.seen <- string(m[1])
	}
	return o.text.Write(p)
}

// A request passes the middlewares in the order of the list: four modules contribute, the
// order file moves one and switches one off.
func TestMiddlewares(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	out := &output{seen: make(chan string, 1)}
	ended := make(chan error)
	go func() { ended <- run(ctx, "127.0.0.1:0", out) }()
	response, err := http.Get(<-out.seen + "/recipes/r001")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	want := []string{"web.Recover", "limits.Body", "web.RequestID", "access.Logging"}
	if diff := cmp.Diff(want, response.Header.Values("Passed")); diff != "" {
		t.Error(diff)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// -serve stays up until it is told to stop.
func TestServe(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	out := &output{seen: make(chan string, 1)}
	ended := make(chan error)
	go func() { ended <- run(ctx, "127.0.0.1:0", out) }()
	url := <-out.seen
	for _, tt := range []struct {
		do   func() (*http.Response, error)
		want int
	}{
		{func() (*http.Response, error) {
			return http.Post(url+"/recipes", "", strings.NewReader(`{"title":"Tea","minutes":4,"ingredients":["tea"]}`))
		}, 201},
		{func() (*http.Response, error) { return http.Get(url + "/recipes/r001") }, 200},
		{func() (*http.Response, error) { return http.Get(url + "/recipes/r002") }, 404},
		{func() (*http.Response, error) {
			return http.Get(url + "/debug/events/event?provider=default&name=recipe.created")
		}, 200},
	} {
		response, err := tt.do()
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != tt.want {
			t.Errorf("%s %s: %d, want %d", response.Request.Method, response.Request.URL, response.StatusCode, tt.want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !strings.HasSuffix(out.text.String(), "Stopped.\n") {
		t.Errorf("no clean stop:\n%s", out.text.String())
	}
}

func TestBadAddress(t *testing.T) {
	var out strings.Builder
	if err := run(context.Background(), "127.0.0.1:99999", &out); err == nil || !strings.Contains(err.Error(), "invalid port") {
		t.Errorf("got %v", err)
	}
}
