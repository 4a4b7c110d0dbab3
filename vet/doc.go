// Package vet is an analyzer that reports mistakes in the use of rollcall before the
// application runs: in an editor, in CI, or by go vet.
//
//	go vet -vettool=$(which rollcall-vet) ./...
//
// docs/vet.md in the repository shows each way to run it.
//
// # Reports
//
// A report has one of these categories. If the application says the same at start, the
// report has its words.
//
//	tag           a tag that can't be parsed, or a key that has no meaning there
//	constructor   what AsListener or Contribute gets is no constructor for it
//	listener      a component without the method, or with a method of another form
//	contribution  a value that is nil, or that needs an id
//	orderfile     an order file with a mistake, or that names what is not there
//	rule          a Sequence or Off that names what is not there
//	list          a list with a bad name
//	async         a receiver key that can't be used
//	group         a component in the group event_listener that is no listener
//	earlyemit     an event that is dispatched while the container is built
//	nomodule      an application without fxevents.Module
//	twice         an event, a list, a listener, an ID or fxevents.Module twice
//	unknownevent  a listener whose event nobody declares, or is of another type
//	unknowngroup  a group that no provider collects
//	unknownlist   a contribution to a list that nobody declares
//	unknownkey    a receiver key that no listener has
//	unknowntarget a hint that names what is not there
//	notlistening  a hint that names a listener of another event
//	cycle         hints that no order satisfies
//	impossible    a hint across receiver keys
//	notransport   an asynchronous listener in an application without a transport
//	noevent       an emitter of an event that nobody declares
//	nocomponent   a component of Listen that nothing provides
//	warning       a warning of an application with fxevents.Strict
//
// A misspelt name or key has a suggested fix.
//
// # What is known
//
// The analyzer looks at the calls of package fxevents, and evaluates the options of each
// call that builds an application: fx.New, fxtest.New, fx.ValidateApp, and the functions of
// package fxeventstest. It follows variables, functions, slices and appends, also across
// packages. The world of an application is closed if all its options are understood. It is
// open if one is not: an option that is made in a loop, is read from a field, or comes from
// a function whose source does not show what it returns. An option of a package that does
// not use rollcall keeps the world closed, unless the call passes it options, functions or
// interfaces.
//
// That something is absent is reported in a closed world only. A listener whose ID or event
// is known only at run time, such as that of a rollcall.Subscriber, has the same effect on
// targets and keys. So has an option of fxevents.Module that is not constant, or an order
// file that is not found, on all that it may change. What is wrong in any case is reported
// in an open world, too: a bad tag, an ID that is used twice, a cycle.
//
// A problem between packages is reported where the application is built, at the option that
// brings it. A problem of an order file is reported at its line. Order files are found in an
// embed.FS of the package, beside go.mod by os.DirFS, and in a test, beside the test.
//
// In a test, a mistake may be there on purpose. Only applications that fail the test by
// themselves are checked there: those of fxtest.New and of package fxeventstest.
//
// The analyzer assumes that a package does not assign to the exported variables of another.
package vet
