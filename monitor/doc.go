// Package monitor shows what dispatches do while a program runs.
//
// A [Tracer] counts and times dispatches and remembers the last ones. [Log] writes
// dispatches to a log. Both are observers for rollcall.Observe. [Handler] serves pages
// that show the order of events beside the counts of a Tracer.
//
// Package inspect has the order itself, which needs no running program.
package monitor
