package callsite

import "testing"

// The names are those of the linker, of packages that this module has none of.
func TestShort(t *testing.T) {
	for name, want := range map[string]string{
		"github.com/acme/recipes.OnCreated":                  "recipes.OnCreated",
		"github.com/acme/recipes.(*Indexer).OnCreated-fm":    "recipes.Indexer.OnCreated",
		"github.com/acme/recipes/v2.OnCreated":               "recipes.OnCreated",
		"github.com/acme/recipes/v12.(*Indexer).OnCreated":   "recipes.Indexer.OnCreated",
		"k8s.io/api/core/v1.OnCreated":                       "v1.OnCreated",
		"gopkg.in/recipes%2ev1.OnCreated":                    "recipes.OnCreated",
		"gopkg.in/recipes%2ev3.OnCreated":                    "recipes.OnCreated",
		"github.com/acme/my%2epkg.OnCreated":                 "my.pkg.OnCreated",
		"github.com/acme/my.pkg/v2.OnCreated":                "my.pkg.OnCreated",
		"github.com/acme/vocabulary.OnCreated":               "vocabulary.OnCreated",
		"github.com/acme/v1beta.OnCreated":                   "v1beta.OnCreated",
		"v2.OnCreated":                                       "v2.OnCreated",
		"main.main.func1":                                    "main.main.func1",
		"github.com/acme/recipes/v2.(*Index[...]).OnCreated": "recipes.Index.OnCreated",
	} {
		if got := Short(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}
