package inspect_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/orderfile"
	"github.com/rollcall-go/rollcall/provider"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const services = `
services:
  recipes: { tags: [ listener_provider ] }
  search: { tags: [ { name: listener_provider, listener_tag: search } ] }
  audit.Log: { tags: [ { name: event_listener, event: recipe.created, priority: first }, { name: event_listener, event: recipe.deleted } ] }
  recipes.Indexer: { tags: [ { name: event_listener, event: recipe.created }, { name: search, event: recipe.found, after: "?nobody" } ] }
  notify.Mailer: { tags: [ { name: event_listener, event: recipe.created, after: recipes.Indexer, before: "?metrics.Counter" } ] }
  metrics.Counter: { tags: [ { name: event_listener, event: recipe.created, priority: 10, after: audit.Log } ] }
`

const hostile = `
services:
  "<script>alert(\"x\")</script>": { tags: [ { name: event_listener, event: "a & b", before: "back\\slash" } ] }
  "back\\slash": { tags: [ { name: event_listener, event: "a & b" } ] }
  "line\nbreak": { tags: [ { name: event_listener, event: "a & b" } ] }
  "` + "`**`[]{}|#" + `": { tags: [ { name: event_listener, event: "a & b", priority: last } ] }
  "مستمع": { tags: [ { name: event_listener, event: "a & b" } ] }
`

func report(t *testing.T, content string) inspect.Report {
	t.Helper()
	orders, err := orderfile.Order("services.yaml", []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return inspect.OfFile(orders)
}

func TestFormats(t *testing.T) {
	long := strings.Replace(hostile, "back", strings.Repeat("long", 125), -1)
	for name, content := range map[string]string{"recipes": services, "hostile": hostile, "long": long, "empty": "services: ~"} {
		for _, format := range inspect.Formats() {
			t.Run(name+"/"+string(format), func(t *testing.T) {
				var got bytes.Buffer
				if err := report(t, content).Write(&got, format); err != nil {
					t.Fatal(err)
				}
				checkWellFormed(t, format, got.Bytes())
				golden(t, fmt.Sprintf("testdata/%s.%s", name, format), got.Bytes())
			})
		}
	}
}

func checkWellFormed(t *testing.T, format inspect.Format, data []byte) {
	t.Helper()
	switch format {
	case inspect.JSON:
		if !json.Valid(data) {
			t.Error("no JSON")
		}
	case inspect.SVG:
		decoder := xml.NewDecoder(bytes.NewReader(data))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	if bytes.Contains(data, []byte("<script")) && format == inspect.SVG {
		t.Error("a name came through as markup")
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-update rewrites it):\n%s", path, diff)
	}
}

func TestUnknownFormat(t *testing.T) {
	err := inspect.Report{}.Write(io.Discard, "yaml")
	var problem *inspect.FormatError
	if !errors.As(err, &problem) || err.Error() != `unknown format "yaml": write one of text json mermaid dot svg` {
		t.Errorf("got %v", err)
	}
}

type failing struct{}

var errFull = errors.New("disk full")

func (failing) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrorsComeBack(t *testing.T) {
	for _, format := range inspect.Formats() {
		if err := report(t, services).Write(failing{}, format); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestOfProvider(t *testing.T) {
	p, err := provider.Build([]provider.Listener{
		provider.New[int]("b", func(int) {}, `after:"a" before:"?nobody"`), provider.New[int]("a", func(int) {}),
	}, []provider.Event{provider.Declare[int]("number.added"), provider.Declare[string]("")})
	if err != nil {
		t.Fatal(err)
	}
	r := inspect.Report{Providers: []inspect.Provider{inspect.OfProvider("numbers", "event_listener", p)}}
	var got strings.Builder
	if err := r.Write(&got, inspect.Text); err != nil {
		t.Fatal(err)
	}
	want := `numbers (event_listener)
  number.added
    1  a  priority 0 (default)
    2  b  right after a
  string
     nobody listens
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
	if hints := r.Providers[0].Events[0].Listeners[1].Hints; len(hints) != 1 || hints[0].Target != "a" {
		t.Errorf("hints: %v", hints)
	}
}
