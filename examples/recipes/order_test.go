package main

import (
	"io"
	"testing"

	"github.com/rollcall-go/rollcall/fxeventstest"
)

// The order of every event stands in a file, so that who changes it sees it
// in the review.
func TestOrder(t *testing.T) {
	fxeventstest.Order(t, "testdata/order.txt", application("", io.Discard))
}
