package provider

import "github.com/rollcall-go/rollcall/ordering"

// Reason tells why the listener at index i stands there; false where it was
// not placed by a sort. It is Apart where its target has been left out since, or
// does not stand beside it any more.
func (l *List) Reason(i int) (ordering.Reason, bool) {
	if l.reasons == nil || l.reasons[i] == nil {
		return ordering.Reason{}, false
	}
	r := *l.reasons[i]
	r.Apart = r.Apart || l.rearranged && r.Beside != nil && !l.standsBeside(i, r.Beside)
	return r, true
}

// standsBeside says whether the listener at index i adjoins the target of its
// hint, or one that belongs to the same target.
func (l *List) standsBeside(i int, hint *ordering.Hint) bool {
	adjoining := i - 1
	if hint.Side == ordering.Before {
		adjoining = i + 1
	}
	if _, there := l.Find(hint.Target); !there || adjoining < 0 || adjoining >= l.Len() {
		return false
	}
	id := l.listeners[adjoining].ID
	for range l.Len() { // there may be a ring
		if id == hint.Target || id == "" {
			break
		}
		id = l.besideWhom(id)
	}
	return id == hint.Target
}

// besideWhom is the target beside which a listener was placed, or "".
func (l *List) besideWhom(id string) string {
	for i, r := range l.reasons {
		if r != nil && r.Beside != nil && l.listeners[i].ID == id {
			return r.Beside.Target
		}
	}
	return ""
}

// reasonsOfAll has an element for each listener.
func (l *List) reasonsOfAll() []*ordering.Reason {
	if l == nil || l.reasons == nil {
		return make([]*ordering.Reason, l.Len())
	}
	return l.reasons
}
