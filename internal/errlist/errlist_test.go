package errlist_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/rollcall-go/rollcall/internal/errlist"
)

func TestLeaves(t *testing.T) {
	a, b, again := errors.New("a"), errors.New("b"), errors.New("a")
	tree := errors.Join(a, errors.Join(b, errors.Join(again)))
	if got := errlist.Leaves(tree); !slices.Equal(got, []error{a, b, again}) {
		t.Errorf("got %v", got)
	}
	if got := errlist.Distinct(tree); !slices.Equal(got, []error{a, b}) {
		t.Errorf("got %v", got)
	}
	if got := errlist.Leaves(a); !slices.Equal(got, []error{a}) {
		t.Errorf("got %v", got)
	}
	if errlist.Leaves(nil) != nil || errlist.Distinct(nil) != nil {
		t.Error("leaves of nothing")
	}
}
