package ordering_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall/ordering"
)

// vector is a case of testdata/vectors; its README has the format.
type vector struct {
	Name      string
	Listeners []struct {
		ID, Event     string
		Priority      any
		Labels        []string
		Before, After any
	}
	Sequence, Off map[string][]string
	Expect        map[string]any
}

func TestVectors(t *testing.T) {
	for _, file := range []string{"single_hint.json", "combined_hints.json", "labels.json"} {
		for _, v := range readVectors(t, file) {
			t.Run(v.Name, func(t *testing.T) { checkVector(t, v) })
		}
	}
}

func readVectors(t *testing.T, file string) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var content struct{ Cases []vector }
	if err := json.Unmarshal(data, &content); err != nil {
		t.Fatal(err)
	}
	if len(content.Cases) < 300 {
		t.Fatalf("%s has %d cases, want 300 or more", file, len(content.Cases))
	}
	return content.Cases
}

func checkVector(t *testing.T, v vector) {
	items, err := v.items()
	var orders []ordering.Order
	if err == nil {
		orders, err = ordering.Sort(items, v.rules())
	}
	if kind, wantError := v.Expect["error"].(string); wantError {
		if got := firstKind(err); string(got) != kind {
			t.Fatalf("error kind %q, want %q: %v", got, kind, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, o := range orders {
		if len(o.Placed) == 0 {
			continue // all are off
		}
		var ids []any
		for _, id := range idsOf(items, o.Placed) {
			ids = append(ids, id)
		}
		got[o.Event] = ids
	}
	if diff := cmp.Diff(v.Expect, got); diff != "" {
		t.Fatal(diff)
	}
}

func (v vector) items() ([]ordering.Item, error) {
	var items []ordering.Item
	for _, l := range v.Listeners {
		it := ordering.Item{ID: l.ID, Event: l.Event}
		it.Placement.Labels = l.Labels
		if l.Priority != nil {
			text, isText := l.Priority.(string)
			if !isText {
				number, _ := json.Marshal(l.Priority)
				text = string(number)
			}
			p, err := ordering.ParsePriority(text)
			if err != nil {
				return nil, err
			}
			it.Placement.Priority = p
		}
		it.Placement.Before, it.Placement.After = targets(l.Before), targets(l.After)
		items = append(items, it)
	}
	return items, nil
}

func (v vector) rules() ordering.Rules {
	var r ordering.Rules
	for _, event := range slices.Sorted(maps.Keys(v.Sequence)) {
		q := ordering.Sequence{Events: eventsOf(event)}
		for _, t := range targets(list(v.Sequence[event])) {
			q.Entries = append(q.Entries, ordering.Entry{Target: t})
		}
		r.Sequences = append(r.Sequences, q)
	}
	for _, event := range slices.Sorted(maps.Keys(v.Off)) {
		for _, t := range targets(list(v.Off[event])) {
			r.Off = append(r.Off, ordering.Off{Events: eventsOf(event), Entry: ordering.Entry{Target: t}})
		}
	}
	return r
}

// eventsOf returns the event, or none for all events.
func eventsOf(event string) []string {
	if event == "*" {
		return nil
	}
	return []string{event}
}

func list(texts []string) []any {
	var values []any
	for _, text := range texts {
		values = append(values, text)
	}
	return values
}

// targets reads an ID or a list of IDs.
func targets(value any) []ordering.Target {
	var list []ordering.Target
	switch value := value.(type) {
	case string:
		id, optional := strings.CutPrefix(value, "?")
		list = append(list, ordering.Target{ID: id, Optional: optional})
	case []any:
		for _, one := range value {
			list = append(list, targets(one)...)
		}
	}
	return list
}

// firstKind is the kind of the first problem, as the checks are ordered.
func firstKind(err error) string {
	all := leaves(err)
	if len(all) == 0 {
		return ""
	}
	switch all[0].(type) {
	case *ordering.PriorityError:
		return "invalid_priority"
	case *ordering.DuplicateError:
		return "duplicate"
	case *ordering.UnknownTargetError:
		return "unknown_target"
	case *ordering.NotListeningError:
		return "not_listening"
	case *ordering.CycleError:
		return "cycle"
	}
	return fmt.Sprintf("%T", all[0])
}

func idsOf(items []ordering.Item, placed []ordering.Placed) []string {
	ids := make([]string, len(placed))
	for i, p := range placed {
		ids[i] = items[p.Item].ID
	}
	return ids
}
