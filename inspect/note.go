package inspect

import (
	"fmt"
	"slices"
	"strings"
)

// sharedPriorities returns a note for each run of listeners that ask to be first, or last,
// and that only declared order puts in their places. Listeners of one package may well do
// that, so a run needs listeners of two packages.
func (e Event) sharedPriorities() []string {
	var notes []string
	noted := map[int]bool{}
	for i, l := range e.Listeners {
		if noted[i] || l.Placement.Priority != "first" && l.Placement.Priority != "last" {
			continue
		}
		run := []string{l.ID}
		for next := e.tiedTo(i); next >= 0; next = e.tiedTo(next) {
			noted[next] = true
			run = append(run, e.Listeners[next].ID)
		}
		if ofSeveralPackages(run) {
			both := "both"
			if len(run) > 2 {
				both = "all"
			}
			notes = append(notes, fmt.Sprintf("%s %s ask to be %s: the one declared last runs %[3]s", andOf(run), both, l.Placement.Priority))
		}
	}
	return notes
}

// tiedTo returns the index of the listener that only declared order puts behind the one at
// an index, or -1.
func (e Event) tiedTo(i int) int {
	tie := e.Listeners[i].Tie
	if tie == "" {
		return -1
	}
	at := slices.IndexFunc(e.Listeners[i+1:], func(l Listener) bool { return l.ID == tie })
	if at < 0 {
		return -1
	}
	return i + 1 + at
}

// ofSeveralPackages reports whether the IDs are of more than one package.
func ofSeveralPackages(ids []string) bool {
	first := ""
	for _, id := range ids {
		switch p := packageOf(id); {
		case first == "":
			first = p
		case p != "" && p != first:
			return true
		}
	}
	return false
}

// packageOf returns the package in an ID such as "audit.Log" or "shop/audit.Log[int]". It
// is "" if the ID has none.
func packageOf(id string) string {
	id, _, _ = strings.Cut(id, "[")
	slash := strings.LastIndexByte(id, '/') + 1
	dot := strings.IndexByte(id[slash:], '.')
	if dot < 0 {
		return ""
	}
	return id[:slash+dot]
}

// maxNamed limits the listeners that a note names.
const maxNamed = 3

// andOf returns the IDs as part of a sentence, such as "a, b and c".
func andOf(ids []string) string {
	last := ids[len(ids)-1]
	if more := len(ids) - maxNamed; more > 1 {
		ids, last = ids[:maxNamed+1], fmt.Sprint(more, " more")
	}
	return strings.Join(ids[:len(ids)-1], ", ") + " and " + last
}
