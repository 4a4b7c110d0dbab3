package provider

import (
	"cmp"
	"fmt"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/source"
	"github.com/rollcall-go/rollcall/ordering"
)

// DeclarationError is an event that can't be declared like that: twice, under a name
// that another event has, or without a type.
type DeclarationError struct {
	Event   rollcall.Declaration
	Other   rollcall.Declaration // declared before; the zero Declaration if Event alone is wrong
	Problem string
}

func (e *DeclarationError) Error() string { return e.Problem }

// AsyncOrderError is a hint that asks for a listener to run after one that runs
// elsewhere, in its own time.
type AsyncOrderError struct {
	Earlier, EarlierSource string // the asynchronous listener, which was to run first
	Key                    string // by which that receives
	Later, LaterSource     string
	LaterKey               string // "" if a dispatch calls it
}

func (e *AsyncOrderError) Error() string {
	way, next := "a dispatch does not wait for", "make "+e.Later+" asynchronous by the same key"
	if e.LaterKey != "" {
		way, next = fmt.Sprintf("the receivers of %s do not wait for", e.LaterKey), "have both received by one key"
	}
	return fmt.Sprintf("%s must run after %s, which %s, as it is received by the key %s: drop the hint, or %s",
		named(e.Later, e.LaterSource), named(e.Earlier, e.EarlierSource), way, e.Key, next)
}

// ContainerError is a listener that its container can't provide.
type ContainerError struct {
	ID    string
	Event event.Key
	Err   error
}

func (e *ContainerError) Error() string {
	return fmt.Sprintf("listener %s of %v can't be had from its container: %v", e.ID, e.Event, e.Err)
}

// Unwrap is what the container returned.
func (e *ContainerError) Unwrap() error { return e.Err }

// bandError is a hint of an added member against the band of its target. It blames the
// one that came last.
func bandError(x, target member, side ordering.Side) error {
	done, do := "appended", "append"
	if target.band == ordering.Prepended {
		done, do = "prepended", "prepend"
	}
	if !target.forgive {
		return &rollcall.InvalidListenerError{ID: target.ID, Source: target.Source, Err: fmt.Errorf(
			"it would be %s and run %s all that were added, but %s must run %s it: add this one instead, or drop that hint",
			done, side, named(x.ID, x.Source), side)}
	}
	return &rollcall.InvalidListenerError{ID: x.ID, Source: x.Source, Err: fmt.Errorf(
		"it must run %s %s, which was %s and runs %s all that are added: drop the hint, or %s this one, too",
		side, named(target.ID, target.Source), done, side, do)}
}

func named(id, place string) string { return cmp.Or(id, "without ID") + source.At(place) }
