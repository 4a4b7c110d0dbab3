package fxevents_test

import (
	"context"
	"errors"
	html "html/template"
	"testing"
	text "text/template"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/ordering"
)

// onCreated is a listener of any component, always under one name.
func onCreated[L any](L, context.Context, *created) error { return nil }

// Two types of two packages with one name are told apart, and not called one listener.
func TestTwoTypesOfOneName(t *testing.T) {
	options := []fx.Option{fxevents.Module(), events, fx.Supply(&text.Template{}, &html.Template{}),
		fxevents.Listen(onCreated[*text.Template]),
		fxevents.Listen(onCreated[*html.Template])}
	want := []string{"two types are called template.Template: text/template.Template, registered at HERE, and html/template.Template, registered at HERE: " +
		`give one an ID in its tag, as id:"html/template.Template"`}
	if diff := cmp.Diff(want, problemsOf(t, options...)); diff != "" {
		t.Error(diff)
	}
	var twice *ordering.DuplicateError
	if err := quietly(options...).Err(); !errors.As(err, &twice) {
		t.Errorf("got %v", err)
	}
	options[4] = fxevents.Listen(onCreated[*html.Template], `id:"html/template.Template"`)
	if err := quietly(options...).Err(); err != nil {
		t.Error(err)
	}
}

// One type twice is one listener twice.
func TestOneTypeTwice(t *testing.T) {
	got := problemsOf(t, fxevents.Module(), events, fx.Supply(&text.Template{}),
		fxevents.Listen(onCreated[*text.Template]), fxevents.Listen(onCreated[*text.Template]))
	want := []string{"template.Template.onCreated listens to *fxevents_test.created twice (HERE and HERE): drop one, or give it an ID of its own"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
