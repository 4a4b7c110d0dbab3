package vet

import (
	"errors"
	"fmt"
	"go/ast"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/rollcall-go/rollcall/tags"
)

// registration is a call of AsListener, Listen, Contribute or ContributeValue.
type registration struct {
	*pkg
	call   *ast.CallExpr
	target ast.Expr // the method, constructor or value
	list   bool
}

// fail reports an error as the application has it: with the target and both places.
func (r registration) fail(c category, at span, err error, fixes ...analysis.SuggestedFix) {
	name, place := r.named(r.target)
	r.reportAt(c, at, aboutCall(r.list, name, place, r.place(r.call.Pos()), err.Error()), fixes...)
}

// aboutCall returns a message about the call that registers a listener or contributes a
// value. The name of its target may be empty.
func aboutCall(contributes bool, name, nameAt, at, problem string) string {
	what, done := "listener", "registered"
	if contributes {
		what, done = "value", "contributed"
	}
	if name == "" {
		return fmt.Sprintf("the %s %s at %s: %s", what, done, at, problem)
	}
	return fmt.Sprintf("%s (%s), %s at %s: %s", name, nameAt, done, at, problem)
}

// written is a tag with the expression that it is written in.
type written struct {
	text tags.Tag
	expr ast.Expr // nil if the call has no tag
}

// tagsOf returns the tags of a call from an argument on, or one empty tag. It returns false
// if one is not constant.
func (r registration) tagsOf(from int) ([]written, bool) {
	if r.call.Ellipsis.IsValid() {
		return nil, false
	}
	if len(r.call.Args) <= from {
		return []written{{}}, true
	}
	var list []written
	for _, e := range r.call.Args[from:] {
		text, ok := r.tag(e)
		if !ok {
			return nil, false
		}
		list = append(list, written{text, r.resolved(e)})
	}
	return list, true
}

func (r registration) spanOfTag(x *part) span {
	if x.text != nil {
		return spanOf(x.text)
	}
	return spanOf(r.call)
}

// failTag reports a problem with a key of a tag.
func (r registration) failTag(x part, key string, c category, err error) {
	at := r.spanOfTag(&x)
	if x.text != nil {
		at, _ = find(x.text, key)
	}
	r.fail(c, at, err)
}

// tagged returns a listener or a contribution with its tag, and reports the tag's problems.
func (r registration) tagged(call string, t written) part {
	x := part{Kind: listener, Call: call, Tag: string(t.text), local: local{text: t.expr}}
	if _, err := tags.Parse(t.text); err != nil {
		r.badTag(t, err)
	}
	return x
}

// badTag reports the problems of a tag together, as the application does.
func (r registration) badTag(t written, err error) {
	if t.expr == nil {
		r.fail(badTag, spanOf(r.call), err)
		return
	}
	at, fixes := keyFix(t, err)
	r.fail(badTag, at, err, fixes...)
}

// keyFix returns the place of the first problem of a tag, and the fix of a misspelt key.
func keyFix(t written, err error) (span, []analysis.SuggestedFix) {
	var first *tags.Error
	if !errors.As(err, &first) {
		return spanOf(t.expr), nil
	}
	word := wordAt(string(t.text), first.Offset)
	return renamed(t.expr, word, nearestKey(first.Message, word))
}

// wordAt returns the word of a tag that begins at an offset, without quotes.
func wordAt(tag string, offset int) string {
	rest := strings.TrimLeft(tag[min(offset, len(tag)):], "\"`")
	if end := strings.IndexAny(rest, "\"`: \t,"); end >= 0 {
		return rest[:end]
	}
	return rest
}

// nearestKey returns the key that the message about an unknown key suggests, or "".
func nearestKey(message, key string) string {
	rest, ok := strings.CutPrefix(message, fmt.Sprintf("unknown key %q, did you mean ", key))
	near, _, found := strings.Cut(rest, "?")
	if !ok || !found {
		return ""
	}
	return near
}
