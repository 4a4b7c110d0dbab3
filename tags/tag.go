// Package tags parses and builds listener tags. A tag says which event a listener hears
// and where it runs among other listeners. rollcall.NewListener and fxevents.AsListener
// take tags. A tag has the syntax of a Go struct tag:
//
//	event:"recipe.created" priority:"first" before:"audit.Log,?metrics.Counter"
//
// The keys:
//
//	event     the event: its name, pkg.Type or import/path.Type;
//	          it may be left out if the listener's method determines it
//	id        the listener's ID, instead of its package and type
//	method    the method to call, instead of Handle
//	group     the Fx value group that the listener joins, instead of event_listener
//	priority  first, last or a whole number; higher numbers run earlier
//	labels    names, separated by commas, by which others may mean this listener
//	before    IDs of listeners to run before, separated by commas;
//	          "@audit" means every listener with the label audit
//	after     IDs of listeners to run after
//	async     a receiver key: a dispatch publishes the event instead of calling
//	          the listener, and the receiver of that key calls the listener
//
// A target with "?" before it may be absent. [On], [OnName] and [Place] build
// the same text with the compiler's help:
//
//	tags.On[*recipes.Created](tags.First, tags.Before("audit.Log", "?metrics.Counter"))
package tags

import (
	"strconv"
	"strings"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/ordering"
)

// Tag is the text of a tag. A raw string literal can be passed as a Tag. The empty Tag
// asks for nothing.
type Tag string

// Fields is what a tag says. Strings that it leaves out are "".
type Fields struct {
	Event     string
	ID        string
	Method    string
	Group     string
	Placement ordering.Placement // its Source is not part of the text
	Async     string
}

// String returns the tag in one fixed form. For every f that Parse returns,
// Parse(Tag(f.String())) returns f again.
func (f Fields) String() string {
	return string(join(
		pair(keyEvent, f.Event), pair(keyID, f.ID), pair(keyMethod, f.Method), pair(keyGroup, f.Group),
		pair(keyPriority, f.Placement.Priority.String()),
		pair(keyLabels, strings.Join(f.Placement.Labels, ",")),
		pair(keyBefore, joinTargets(f.Placement.Before)),
		pair(keyAfter, joinTargets(f.Placement.After)), pair(keyAsync, f.Async),
	))
}

// Option is one key of a tag with its value. Options are not checked when a tag is built:
// [Parse] reports bad and repeated ones. An empty Option is ignored.
type Option string

// First and Last are the priorities before and after every number.
const (
	First Option = `priority:"first"`
	Last  Option = `priority:"last"`
)

// On returns the tag for a listener of events of type E.
func On[E any](options ...Option) Tag {
	return OnName(event.KeyOf[E]().Path(), options...)
}

// OnName returns the tag for a listener of the named event.
func OnName(name string, options ...Option) Tag {
	return Tag(join(append([]Option{pair(keyEvent, name)}, options...)...))
}

// Place returns a tag that leaves the event to the listener's method.
func Place(options ...Option) Tag { return Tag(join(options...)) }

// Priority is the priority n; higher numbers run earlier.
func Priority(n int) Option { return pair(keyPriority, strconv.Itoa(n)) }

// Labels sets names that the listener may share with others. The targets of hints mean
// all listeners with the label audit by "@audit".
func Labels(labels ...string) Option { return pair(keyLabels, strings.Join(labels, ",")) }

// Before asks to run before the listeners with these IDs, or with a label: "@audit". A
// target with "?" before it may be absent.
func Before(ids ...string) Option { return pair(keyBefore, strings.Join(ids, ",")) }

// After asks to run after the listeners with these IDs, or with a label: "@audit". A target
// with "?" before it may be absent.
func After(ids ...string) Option { return pair(keyAfter, strings.Join(ids, ",")) }

// Async makes the listener asynchronous: a dispatch publishes the event instead of
// calling the listener, and the receiver of this key calls the listener.
func Async(key string) Option { return pair(keyAsync, key) }

// ID sets the listener's ID, instead of its package and type.
func ID(id string) Option { return pair(keyID, id) }

// Method sets the method to call, instead of Handle.
func Method(name string) Option { return pair(keyMethod, name) }

// Group sets the Fx value group that the listener joins, instead of event_listener.
func Group(name string) Option { return pair(keyGroup, name) }

// pair returns key:"value", or nothing for an empty value.
func pair(key, value string) Option {
	if value == "" {
		return ""
	}
	return Option(key + ":" + strconv.Quote(value))
}

func joinTargets(targets []ordering.Target) string {
	texts := make([]string, len(targets))
	for i, t := range targets {
		texts[i] = t.String()
	}
	return strings.Join(texts, ",")
}

func join(parts ...Option) Option {
	var filled []string
	for _, p := range parts {
		if p != "" {
			filled = append(filled, string(p))
		}
	}
	return Option(strings.Join(filled, " "))
}
