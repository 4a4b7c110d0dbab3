// Package fxeventstest helps to test applications that use fxevents.
//
// [Order] compares the whole order of an application with a golden file, so
// that a change of it shows up in a review:
//
//	func TestOrder(t *testing.T) {
//		fxeventstest.Order(t, "testdata/order.txt", shop.Options)
//	}
//
// [Decided] fails if only the order of the options decides between listeners of
// different packages.
//
// [Record] records the events that a piece of code emits. It needs no container: pass the
// recorder's emitter to the code:
//
//	placed := fxeventstest.Record[*Placed](t)
//	NewService(placed.Emitter()).Place("7")
//	placed.Want(fxeventstest.Equal(&Placed{ID: "7"}))
//
// If the code under test waits, run the test in a testing/synctest bubble: its clock jumps
// ahead, so nothing really waits.
//
// The package defines the flag -update, which rewrites golden files. The environment variable
// ROLLCALL_UPDATE=1 does the same. Use it for several packages, because go test fails for
// a package that does not know the flag: ROLLCALL_UPDATE=1 go test ./...
//
// A test package that
// imports this one must not define a flag of that name: package flag would panic. Use
// flag.Lookup("update") to read this package's flag.
package fxeventstest
