package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vectorCase is a case of ordering/testdata/vectors; its README has the format.
type vectorCase struct {
	Name      string
	Listeners []map[string]any
	Sequence  json.RawMessage
	Off       json.RawMessage
	Expect    map[string]any
}

// The command gives the expected order, or kind of error, for each case written as an order
// file.
func TestOrderOfVectors(t *testing.T) {
	for _, file := range []string{"single_hint.json", "combined_hints.json", "labels.json"} {
		data, err := os.ReadFile("../../ordering/testdata/vectors/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var content struct{ Cases []vectorCase }
		if err := json.Unmarshal(data, &content); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "services.yaml")
		for _, c := range content.Cases {
			t.Run(file+"/"+c.Name, func(t *testing.T) {
				if err := os.WriteFile(path, c.orderFile(), 0o600); err != nil {
					t.Fatal(err)
				}
				var stdout, stderr bytes.Buffer
				run([]string{"order", "-format", "json", path}, &stdout, &stderr)
				if diff := cmp.Diff(c.Expect, ordered(t, stdout.Bytes())); diff != "" {
					t.Errorf("%s\nof\n%s\n%s", diff, c.orderFile(), &stderr)
				}
			})
		}
	}
}

// orderFile returns the case as an order file. JSON is YAML, so it writes JSON. The tags of
// a listener stand together, so the listeners of an event keep their order only if each has
// a service of its own: a key of YAML may stand once. Hence all tags of an ID come at its
// first place.
func (c vectorCase) orderFile() []byte {
	var ids []string
	tags := map[string][]map[string]any{}
	for _, l := range c.Listeners {
		id := l["id"].(string)
		if tags[id] == nil {
			ids = append(ids, id)
		}
		tag := maps.Clone(l)
		delete(tag, "id")
		tag["name"] = "event_listener"
		tags[id] = append(tags[id], tag)
	}
	var b strings.Builder
	for key, rules := range map[string]json.RawMessage{"sequence": c.Sequence, "off": c.Off} {
		if rules != nil {
			fmt.Fprintf(&b, "%s: %s\n", key, rules)
		}
	}
	b.WriteString("services:\n")
	for _, id := range ids {
		key, _ := json.Marshal(id)
		value, _ := json.Marshal(tags[id])
		fmt.Fprintf(&b, "  %s: { tags: %s }\n", key, value)
	}
	return []byte(b.String())
}

// ordered returns the IDs by event, or the kind of the first problem.
func ordered(t *testing.T, output []byte) map[string]any {
	t.Helper()
	var report struct {
		Providers []struct {
			Events []struct {
				Event     string
				Listeners []struct{ ID string }
			}
		}
		Errors []struct{ Kind string }
	}
	if err := json.Unmarshal(output, &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Errors) > 0 {
		return map[string]any{"error": report.Errors[0].Kind}
	}
	orders := map[string]any{}
	for _, p := range report.Providers {
		for _, e := range p.Events {
			var ids []any
			for _, l := range e.Listeners {
				ids = append(ids, l.ID)
			}
			orders[e.Event] = slices.Clip(ids)
		}
	}
	return orders
}
