package inspect

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/internal/listenerid"
	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/internal/printable"
)

// WriteSequence writes the order of each event and list as the sequence of an order file,
// to start from. With it, the order is as it is, whatever the hints say later. Events with
// one listener need no sequence. A sequence holds in all providers, so the orders of an
// event that several of them have are merged. Comments say what a sequence can't say: it is
// left out. That is an event that several providers order differently, and asynchronous
// listeners of all receiver keys but one. The error is that of w.
func (r Report) WriteSequence(w io.Writer) error {
	buffered := bufio.NewWriter(w)
	fmt.Fprintln(buffered, "# The order as it is. Drop what the hints may decide, and write labels for groups.")
	parts := r.sequenceParts()
	if slices.ContainsFunc(parts, (*sequencePart).isWritten) {
		fmt.Fprintln(buffered, "sequence:")
	} else {
		fmt.Fprintln(buffered, "sequence: {}")
	}
	for _, x := range parts {
		x.write(buffered)
	}
	return buffered.Flush()
}

// sequencePart is an event or list with the IDs that its sequence lists.
type sequencePart struct {
	event     string
	providers []Provider // that have it, once each
	orders    [][]string
	ids       []string
	remarks   []string
}

// sequenceParts returns the events and lists in the order in which the report has them.
func (r Report) sequenceParts() []*sequencePart {
	var parts []*sequencePart
	byName := map[string]*sequencePart{}
	for _, p := range r.Providers {
		for _, e := range p.Events {
			x := byName[e.Event]
			if x == nil {
				x = &sequencePart{event: e.Event}
				byName[e.Event] = x
				parts = append(parts, x)
			}
			x.add(p, e)
		}
	}
	for _, x := range parts {
		x.merge()
		x.checkImplementations()
	}
	return parts
}

// checkImplementations leaves an event out if another event gets its listeners, too, and
// has them in another order: the sequence of an interface holds for each event that
// implements it.
func (x *sequencePart) checkImplementations() {
	for _, p := range x.providers {
		at := slices.IndexFunc(p.Events, func(e Event) bool { return e.Event == x.event })
		for _, e := range p.Events {
			if e.Event != x.event && e.gets(p.Events[at]) && !e.agrees(x.ids) {
				x.ids = nil
				x.remarks = append(x.remarks, "left out: "+e.Event+" gets its listeners in another order, and a sequence of "+x.event+" holds there, too")
			}
		}
	}
}

// gets reports whether the event goes to listeners of another one, which is an interface or
// a name.
func (e Event) gets(other Event) bool {
	return slices.ContainsFunc(e.Listeners, func(l Listener) bool { return l.Hears != "" && other.isCalled(l.Hears) })
}

// agrees reports whether the event has the listeners of a sequence in its order.
func (e Event) agrees(sequence []string) bool {
	var has []string
	for _, l := range e.Listeners {
		if slices.Contains(sequence, l.ID) {
			has = append(has, l.ID)
		}
	}
	has = slices.Compact(has)
	return slices.Equal(has, slices.DeleteFunc(slices.Clone(sequence), func(id string) bool { return !slices.Contains(has, id) }))
}

// add adds the order of the event in one provider.
func (x *sequencePart) add(p Provider, e Event) {
	ids, remarks := e.sequence()
	x.remarks = append(x.remarks, remarks...)
	if !slices.ContainsFunc(x.orders, func(other []string) bool { return slices.Equal(other, ids) }) {
		x.orders = append(x.orders, ids)
	}
	x.providers = append(x.providers, p)
}

// sequence returns the IDs that a sequence of the event lists, and what it leaves out.
func (e Event) sequence() (ids, remarks []string) {
	key, several := e.sequencedKey()
	var left []string
	for _, l := range e.Listeners {
		switch {
		case l.Async != "" && l.Async != key:
			left = append(left, l.ID)
		case listenerid.Problem(l.ID) != "" || l.ID == "" || strings.Contains(l.ID, " ?"):
			remarks = append(remarks, l.ID+" is left out: a sequence can't name it")
		default:
			ids = append(ids, l.ID)
		}
	}
	if several {
		remarks = append(remarks, strings.Join(left, ", ")+" left out: a sequence orders the listeners of one receiver key, here "+keyName(key))
	}
	ids, twice := once(ids)
	for _, id := range twice {
		remarks = append(remarks, id+" is left out: it listens twice, with others in between")
	}
	return ids, remarks
}

func keyName(key string) string {
	if key == friend.AnyKey {
		return "that of subscribers"
	}
	return key
}

// sequencedKey returns the receiver key with the most listeners, and whether there are
// others.
func (e Event) sequencedKey() (key string, several bool) {
	count := map[string]int{}
	for _, l := range e.Listeners {
		if l.Async != "" {
			count[l.Async]++
		}
	}
	for _, l := range e.Listeners {
		if count[l.Async] > count[key] {
			key = l.Async
		}
	}
	return key, len(count) > 1
}

// once returns the IDs once each, without those that have others in between, and those.
func once(ids []string) (distinct, apart []string) {
	last := map[string]int{}
	ids = slices.Compact(ids)
	for i, id := range ids {
		if _, again := last[id]; again && !slices.Contains(apart, id) {
			apart = append(apart, id)
		}
		last[id] = i
	}
	return slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(apart, id) }), apart
}

// merge finds one order that holds in all providers.
func (x *sequencePart) merge() {
	if x.event == orderfile.Every || x.event == "" {
		x.remarks = append(x.remarks, "left out: the name means every event")
		return
	}
	ids, ok := merged(x.orders)
	if !ok {
		x.remarks = append(x.remarks, "left out: the providers "+x.providerNames()+" order its listeners differently, and a sequence holds in all of them")
		return
	}
	if len(x.orders) > 1 {
		x.remarks = append(x.remarks, "for the providers "+x.providerNames())
	}
	x.ids = ids
}

func (x *sequencePart) providerNames() string {
	var names []string
	for _, p := range x.providers {
		names = append(names, p.ID+" ("+p.ListenerTag+")")
	}
	return strings.Join(names, ", ")
}

// merged returns one order that has all the orders in it, or false if they contradict each
// other. Each turn takes an ID that comes next in every order that still has it.
func merged(orders [][]string) ([]string, bool) {
	orders = slices.Clone(orders)
	left := map[string]int{} // ID → orders that still have it
	for _, ids := range orders {
		for _, id := range ids {
			left[id]++
		}
	}
	var result []string
	for len(left) > 0 {
		id, ok := nextOf(orders, left)
		if !ok {
			return nil, false
		}
		for i, ids := range orders {
			if len(ids) > 0 && ids[0] == id {
				orders[i] = ids[1:]
			}
		}
		delete(left, id)
		result = append(result, id)
	}
	return result, true
}

func nextOf(orders [][]string, left map[string]int) (string, bool) {
	heads := map[string]int{}
	for _, ids := range orders {
		if len(ids) > 0 {
			heads[ids[0]]++
		}
	}
	for _, ids := range orders {
		if len(ids) > 0 && heads[ids[0]] == left[ids[0]] {
			return ids[0], true
		}
	}
	return "", false
}

// isWritten reports whether the event has a sequence.
func (x *sequencePart) isWritten() bool { return len(x.ids) > 1 }

// sequenceWidth is how wide a line gets before each entry has a line of its own.
const sequenceWidth = 100

func (x *sequencePart) write(w *bufio.Writer) {
	for _, remark := range x.remarks {
		fmt.Fprintf(w, "  # %s: %s.\n", printable.Line(x.event), printable.Line(remark))
	}
	if !x.isWritten() {
		return
	}
	texts := make([]string, len(x.ids))
	for i, id := range x.ids {
		texts[i] = yamlText(id)
	}
	key := yamlText(x.event) + ":"
	if len(key) > maxYAMLKey {
		key = "? " + yamlText(x.event) + "\n  :"
	}
	line := "  " + key + " [ " + strings.Join(texts, ", ") + " ]"
	if columns(line) > sequenceWidth {
		line = "  " + key + "\n    - " + strings.Join(texts, "\n    - ")
	}
	fmt.Fprintln(w, line)
}

// maxYAMLKey is the length of the longest key that needs no mark. YAML's limit is 1024
// characters.
const maxYAMLKey = 1000

var plainYAML = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./-]*$`)

// yamlText returns a text as a YAML scalar, in quotes where YAML may read something else.
// Go's escapes are also YAML's.
func yamlText(s string) string {
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		return strconv.Quote(s)
	}
	if plainYAML.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}
