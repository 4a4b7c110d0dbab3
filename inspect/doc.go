// Package inspect shows in which order listeners run, and why: before a program
// runs, in its tests, and while it runs.
//
// A [Report] is the order of each event with its reasons. It is made of an order
// file with [OfFile], or of a built provider with [OfProvider]; in an Fx
// application, inject *inspect.Report. It is written as text, JSON, Markdown,
// Mermaid, DOT or SVG; [Compare] tells what changes from one to another, and
// [Report.Explain] tells one listener's story.
//
// While a program runs, a [Tracer] counts and times dispatches, [Log] writes
// them to a log, and [Handler] serves pages with all of it.
//
// A report tells hints without effect: at listeners that do not hear the event,
// and those without which, one by one or all together, the order would be the
// same. Of events with more than a hundred listeners or hints it tells only what
// shows without sorting again.
package inspect
