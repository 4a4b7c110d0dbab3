// Package fxeventstest helps to test applications that use fxevents.
//
// [Order] compares the whole order of an application with a golden file, so
// that a change of it shows up in a review:
//
//	func TestOrder(t *testing.T) {
//		fxeventstest.Order(t, "testdata/order.txt", shop.Options)
//	}
//
// [Record] records the events that a piece of code emits. It needs no container: pass the
// recorder's emitter to the code:
//
//	placed := fxeventstest.Record[*Placed](t)
//	NewService(placed.Emitter()).Place("7")
//	placed.Want(fxeventstest.Equal(&Placed{ID: "7"}))
//
// Nothing here needs a clock of its own. If the code under test waits, run the test in a
// bubble of testing/synctest, whose time passes at once.
//
// The package defines the flag -update, which rewrites golden files. A test
// package that defines a flag of that name itself can't use this package, as
// package flag panics: it finds this one by flag.Lookup("update").
package fxeventstest
