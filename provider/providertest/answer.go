package providertest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
)

// answer is the result of Provider.Listeners for one event. A panic counts as an error.
type answer struct {
	list *rollcall.Listeners
	err  error
}

// ask asks the provider for the listeners of an event. A panic becomes an error.
func ask(p rollcall.Provider, ev any) (a answer) {
	defer recoverAs(&a.err)
	a.list, a.err = p.Listeners(ev)
	return a
}

func recoverAs(err *error) {
	if value := recover(); value != nil {
		*err = fmt.Errorf("panic: %v", value)
	}
}

func (a answer) ids() []string {
	var ids []string
	for _, l := range a.list.All() {
		ids = append(ids, l.ID)
	}
	return ids
}

// String returns a text that distinguishes two answers.
func (a answer) String() string {
	if a.err != nil {
		return fmt.Sprintf("the error %q", a.err)
	}
	return names(a.ids())
}

func names(ids []string) string {
	if len(ids) == 0 {
		return "nobody"
	}
	return "[" + strings.Join(ids, " ") + "]"
}

// hasOf reports whether the answer has exactly these listeners, in any order.
func (a answer) hasOf(ids []string) bool {
	return a.err == nil && slices.Equal(slices.Sorted(slices.Values(a.ids())), slices.Sorted(slices.Values(ids)))
}

// isInOrder reports whether the answer has exactly these listeners in this order. With
// KeyByKey, only the order within each key counts.
func (x *trial) isInOrder(a answer, ids []string, given []rollcall.Listener) bool {
	return a.err == nil && slices.Equal(x.arranged(a.ids(), given), x.arranged(ids, given))
}

// arranged returns ids unchanged or, with KeyByKey, grouped by key.
func (x *trial) arranged(ids []string, given []rollcall.Listener) []string {
	if !x.KeyByKey {
		return ids
	}
	keys := map[string]event.Key{}
	for _, l := range given {
		keys[l.ID] = l.Event
	}
	return slices.SortedStableFunc(slices.Values(ids), func(a, b string) int {
		return strings.Compare(keys[a].String(), keys[b].String())
	})
}
