package ordering

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Placement is where a listener wants to run. The zero Placement asks for
// nothing: priority 0, in declared order.
type Placement struct {
	Priority Priority
	Labels   []string // names that targets may use for this and other listeners, without "@"
	Before   []Target // run before each of these
	After    []Target // run after each of these

	// Source is where the placement is written, such as "services.yaml:14". It may be empty
	// if that is where the listener is registered. It is used only in messages.
	Source string
}

// IsZero reports whether the placement asks for nothing.
func (p Placement) IsZero() bool {
	return p.Priority.IsZero() && len(p.Labels) == 0 && len(p.Before) == 0 && len(p.After) == 0
}

// String renders the placement in one line, such as
// "priority 10, before audit.Log"; the zero Placement is "".
func (p Placement) String() string {
	var parts []string
	if !p.Priority.IsZero() {
		parts = append(parts, p.Priority.describe())
	}
	if len(p.Labels) > 0 {
		parts = append(parts, "labels "+strings.Join(p.Labels, ","))
	}
	if len(p.Before) > 0 {
		parts = append(parts, "before "+joinTargets(p.Before))
	}
	if len(p.After) > 0 {
		parts = append(parts, "after "+joinTargets(p.After))
	}
	return strings.Join(parts, ", ")
}

// Priority is the coarse part of a placement: first, a number, or last. Higher numbers
// run earlier. Priorities are comparable with ==. The zero Priority means that none was
// given. It differs from At(0) for a listener with targets, see rules 3 and 4 of the
// package.
type Priority struct {
	class  class
	number int
}

// class is the kind of a priority. A missing priority sorts like the number 0.
type class int8

const (
	classNone class = iota
	classFirst
	classNumber
	classLast
)

// First returns the priority that runs before every number. Of several listeners with it,
// the one declared last runs first.
func First() Priority { return Priority{class: classFirst} }

// Last returns the priority that runs after every number. Of several listeners with it,
// the one declared last runs last.
func Last() Priority { return Priority{class: classLast} }

// At returns the priority n.
func At(n int) Priority { return Priority{class: classNumber, number: n} }

// ParsePriority parses "first", "last" or a whole number. For anything else it returns a
// *PriorityError.
func ParsePriority(text string) (Priority, error) {
	switch text {
	case "first":
		return First(), nil
	case "last":
		return Last(), nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return Priority{}, &PriorityError{Text: text, OutOfRange: errors.Is(err, strconv.ErrRange)}
	}
	return At(n), nil
}

// IsZero reports whether no priority is set.
func (p Priority) IsZero() bool { return p.class == classNone }

// Number returns the number and true, or 0 and false for first, last and none.
func (p Priority) Number() (int, bool) { return p.number, p.class == classNumber }

// String returns the text that ParsePriority reads, or "" for no priority.
func (p Priority) String() string {
	switch p.class {
	case classFirst:
		return "first"
	case classLast:
		return "last"
	case classNumber:
		return strconv.Itoa(p.number)
	}
	return ""
}

// describe returns the priority as text for a reason: "first", "priority 10", "last".
func (p Priority) describe() string {
	switch p.class {
	case classNone:
		return "priority 0 (default)"
	case classNumber:
		return "priority " + strconv.Itoa(p.number)
	}
	return p.String()
}

// band returns 0 for first, 1 for numbers and none, 2 for last.
func (p Priority) band() int {
	switch p.class {
	case classFirst:
		return 0
	case classLast:
		return 2
	}
	return 1
}

// Target names a listener to run before or after, or all listeners with a label. If an
// optional target does not listen to the event, the hint is ignored.
type Target struct {
	ID       string // the ID of a listener, or "@" and a label
	Optional bool
}

// ParseTarget reads an ID or "@" and a label, with "?" before it for an optional target.
// An empty ID or label is an error.
func ParseTarget(text string) (Target, error) {
	id, optional := strings.CutPrefix(text, "?")
	switch id {
	case "":
		return Target{}, fmt.Errorf("empty target %q: write the ID of a listener", text)
	case "@":
		return Target{}, fmt.Errorf("empty label %q: write a label after the @", text)
	}
	return Target{ID: id, Optional: optional}, nil
}

// Label returns the label that the target means and true, or "" and false if the target
// is the ID of a listener.
func (t Target) Label() (string, bool) { return labelOf(t.ID) }

func labelOf(id string) (string, bool) {
	label, is := strings.CutPrefix(id, "@")
	if !is {
		return "", false
	}
	return label, true
}

// String is the text that ParseTarget reads.
func (t Target) String() string {
	if t.Optional {
		return "?" + t.ID
	}
	return t.ID
}

// joinTargets renders targets as a comma-separated list.
func joinTargets(targets []Target) string {
	texts := make([]string, len(targets))
	for i, t := range targets {
		texts[i] = t.String()
	}
	return strings.Join(texts, ",")
}
