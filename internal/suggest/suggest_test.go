package suggest_test

import (
	"testing"

	"github.com/rollcall-go/rollcall/internal/suggest"
)

func TestName(t *testing.T) {
	candidates := []string{"recipes.Indexer", "audit.Log", "a", "notify.Mailer", "notify.Mailer", "x/Store", "y.Store", "disk/store", "z."}
	for name, want := range map[string]string{
		"recipes.Indxer":                     "recipes.Indexer",
		"recipes.Inedxer":                    "recipes.Indexer", // neighbours swapped: one edit
		"audit.log":                          "audit.Log",
		"Mailer":                             "notify.Mailer",
		"mailer":                             "notify.Mailer",
		"post.Mailer":                        "notify.Mailer",
		"github.com/acme/shop/notify.Mailer": "notify.Mailer",
		"a/very/long/way/to/Store":           "",           // there are two
		"a/very/long/way/to/store":           "disk/store", // of which one is written so
		"a/very/long/way/to/STORE":           "",
		"ends.with.a.":                       "",
		"":                                   "",
		"b":                                  "",
		"notify":                             "notify.Mailer",
		"something.else.x":                   "",
	} {
		got, ok := suggest.Name(name, candidates)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: got %q, %t", name, got, ok)
		}
	}
	if _, ok := suggest.Name("x", nil); ok {
		t.Error("found one in nothing")
	}
}

func TestClosest(t *testing.T) {
	if got := suggest.Closest("xyz", []string{"event", "id"}); got != "id" {
		t.Errorf("got %q", got)
	}
	if got := suggest.Closest("x", nil); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestDidYouMean(t *testing.T) {
	if got := suggest.DidYouMean("evnt", []string{"event"}); got != ", did you mean event?" {
		t.Errorf("got %q", got)
	}
	if got := suggest.DidYouMean("something", []string{"event"}); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestOneEdit(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"mail", "mial", true}, {"mail", "mails", true}, {"mail", "ail", true}, {"mail", "mall", true}, {"ab", "ba", true}, {"", "a", true},
		{"mail", "mail", false}, {"mail", "liam", false}, {"mail", "post", false}, {"abcd", "badc", false}, {"mail", "mailer", false}, {"ab", "bca", false},
	} {
		if got := suggest.OneEdit(tt.a, tt.b); got != tt.want || suggest.OneEdit(tt.b, tt.a) != tt.want {
			t.Errorf("%q and %q: got %t", tt.a, tt.b, got)
		}
	}
}
