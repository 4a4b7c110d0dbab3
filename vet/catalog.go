package vet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/suggest"
)

// catalog finds the declared event that a text refers to. It is that of package rollcall,
// for types that are known from the source.
type catalog struct {
	events []*part
	byType map[string]*part // by the identity of the type
	byName map[string]*part
	texts  map[string]string // identity of a type → how package ordering knows it
	taken  map[string]bool
}

func newCatalog(events []*part) *catalog {
	c := &catalog{events: events, byType: map[string]*part{}, byName: map[string]*part{}, texts: map[string]string{}, taken: map[string]bool{}}
	for _, e := range events {
		c.byType[e.Type.ID] = e
		if e.Name != "" {
			c.byName[e.Name] = e
		}
	}
	return c
}

// title returns how messages call an event.
func title(e *part) string { return cmp.Or(e.Name, e.Type.Text) }

func (c *catalog) titles() []string {
	var list []string
	for _, e := range c.events {
		list = append(list, title(e))
	}
	return list
}

// text returns a text for a type that no other type has.
func (c *catalog) text(t typeInfo) string {
	if text, known := c.texts[t.ID]; known {
		return text
	}
	text := t.Text
	if c.taken[text] {
		text = t.Path
	}
	for n := 2; c.taken[text]; n++ {
		text = fmt.Sprintf("%s (%d)", t.Path, n)
	}
	c.texts[t.ID], c.taken[text] = text, true
	return text
}

// means reports whether a text means the event of a listener.
func (c *catalog) means(text string, m *member) bool {
	if m.event == text {
		return true
	}
	e := c.declared(m)
	if e == nil {
		return m.byType() && m.Type.matches(text)
	}
	return e.Name != "" && e.Name == text || e.Type.matches(text)
}

// declared returns the declaration of the event that a listener hears, or nil.
func (c *catalog) declared(m *member) *part {
	for _, e := range c.events {
		if m.event == c.text(e.Type) {
			return e
		}
	}
	return nil
}

// byType reports whether the listener hears the type of its parameter.
func (m *member) byType() bool { return m.fields.Event == "" || m.Type.matches(m.fields.Event) }

// resolve sets the event of a listener. It returns a message if the event can't reach the
// listener, and the name that was probably meant, or "". If more events may be declared
// elsewhere, it reports none that is missing.
func (c *catalog) resolve(m *member, closed bool) (message, near string) {
	if m.byType() {
		m.event = c.text(m.Type)
		if closed {
			return c.checkIndirection(m), ""
		}
		return "", ""
	}
	name := m.fields.Event
	if e := c.byName[name]; e != nil {
		m.event = name
		if m.Type.ID == e.Type.ID || m.fields.Async != "" {
			m.event = c.text(e.Type)
		}
		return c.checkTakes(m, e), ""
	}
	var matches []*part
	for _, e := range c.events {
		if e.Type.matches(name) && !slices.ContainsFunc(matches, func(x *part) bool { return x.Type.ID == e.Type.ID }) {
			matches = append(matches, e)
		}
	}
	if i := slices.IndexFunc(matches, func(e *part) bool { return e.Type.Path == name }); i >= 0 {
		matches = matches[i : i+1]
	}
	switch len(matches) {
	case 0:
		m.event = name
		if closed {
			return c.checkBareName(m, name)
		}
		m.lost = true
		return "", ""
	case 1:
		m.event = c.text(matches[0].Type)
		return c.checkTakes(m, matches[0]), ""
	}
	var paths []string
	for _, e := range matches {
		paths = append(paths, e.Type.Path)
	}
	m.event, m.lost = name, true
	return m.problem("listens to %s, which may be any of %s: write one of these in full", name, strings.Join(paths, ", ")), ""
}

// problem returns a message about the event of the listener.
func (m *member) problem(format string, args ...any) string {
	return callsite.Named(m.id, m.At) + " " + fmt.Sprintf(format, args...)
}

// checkTakes returns a message if a listener can't take an event. It knows that of two types
// that have names only.
func (c *catalog) checkTakes(m *member, e *part) string {
	if e.Maybe || m.Type.ID == e.Type.ID || m.Type.Interface || !m.Type.Nominal || !e.Type.Nominal || e.Type.Interface {
		return ""
	}
	m.lost = true
	return m.problem("takes %s, but listens to %s, which is a %s%s: correct the tag's event or the parameter",
		m.Type.Text, title(e), e.Type.Text, callsite.At(e.At))
}

// checkBareName returns a message about a name that no event has, and the nearest one.
func (c *catalog) checkBareName(m *member, name string) (message, near string) {
	if m.Type.Interface || m.Type.Named {
		return "", ""
	}
	next := "declare it"
	near, ok := suggest.Name(name, c.titles())
	if ok {
		next = "did you mean " + near + "? Otherwise declare it"
	}
	m.lost = true
	return m.problem("listens to %s, but no event has that name: %s, or drop the tag's event to listen to %s", name, next, m.Type.Text), near
}

// checkIndirection returns a message about a listener that takes a pointer to an event that
// is declared without one, or the reverse.
func (c *catalog) checkIndirection(m *member) string {
	if c.byType[m.Type.ID] != nil || m.Type.Interface {
		return ""
	}
	other, isPointer := strings.CutPrefix(m.Type.ID, "*")
	if !isPointer {
		other = "*" + m.Type.ID
	}
	e := c.byType[other]
	if e == nil {
		return ""
	}
	m.lost = true
	return m.problem("takes %s, which nobody declares, but the event is %s%s: take that, or declare %s, too",
		m.Type.Text, e.Type.Text, callsite.At(e.At), m.Type.Text)
}
