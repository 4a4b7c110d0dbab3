package inspect

import "strings"

// targetOf returns the ID in a hint such as "before ?metrics.Counter".
func targetOf(hint string) string {
	_, target, _ := strings.Cut(hint, " ")
	return strings.TrimPrefix(target, "?")
}

// index finds listeners by ID. An ID may listen twice: to the event itself and to an
// interface. A before then means the first of the two, an after the last.
// A label is "@" and its name.
type index struct{ first, last map[string]int }

func (e Event) index() index {
	x := index{map[string]int{}, map[string]int{}}
	add := func(target string, i int) {
		if _, again := x.first[target]; !again {
			x.first[target] = i
		}
		x.last[target] = i
	}
	for i, l := range e.Listeners {
		add(l.ID, i)
		for _, label := range l.Placement.Labels {
			add("@"+label, i)
		}
	}
	return x
}

// String returns the placement in one line, such as "priority 10, before audit.Log". It
// is "" for a placement that asks for nothing.
func (p Placement) String() string {
	var parts []string
	switch p.Priority {
	case "":
	case "first", "last":
		parts = append(parts, p.Priority)
	default:
		parts = append(parts, "priority "+p.Priority)
	}
	if len(p.Labels) > 0 {
		parts = append(parts, "labels "+strings.Join(p.Labels, ", "))
	}
	if len(p.Before) > 0 {
		parts = append(parts, "before "+strings.Join(p.Before, ", "))
	}
	if len(p.After) > 0 {
		parts = append(parts, "after "+strings.Join(p.After, ", "))
	}
	return strings.Join(parts, ", ")
}
