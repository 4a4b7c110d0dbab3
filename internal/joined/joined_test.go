package joined_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/rollcall-go/rollcall/internal/joined"
)

func TestLeaves(t *testing.T) {
	a, b, again := errors.New("a"), errors.New("b"), errors.New("a")
	tree := errors.Join(a, errors.Join(b, errors.Join(again)))
	if got := joined.Leaves(tree); !slices.Equal(got, []error{a, b, again}) {
		t.Errorf("got %v", got)
	}
	if got := joined.Distinct(tree); !slices.Equal(got, []error{a, b}) {
		t.Errorf("got %v", got)
	}
	if got := joined.Leaves(a); !slices.Equal(got, []error{a}) {
		t.Errorf("got %v", got)
	}
	if joined.Leaves(nil) != nil || joined.Distinct(nil) != nil {
		t.Error("leaves of nothing")
	}
}
