// Package monitor shows what dispatches do while a program runs.
//
// A [Tracer] counts and times dispatches and remembers the last ones. [Log] writes
// dispatches to a log. Both are observers for rollcall.Observe. [Handler] serves pages
// that show the order of events beside the counts of a Tracer.
//
// For the order itself, which does not need a running program, use package inspect.
package monitor
