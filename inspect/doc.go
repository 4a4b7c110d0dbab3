// Package inspect shows the order in which listeners run, and why. It needs no running
// program: package monitor shows what dispatches do.
//
// A [Report] has the order of each event with its reasons. [OfFile] makes it from an
// order file and [OfProvider] from a built provider. In an Fx application, inject
// *inspect.Report. [Report.Write] writes it as text, JSON, Markdown, Mermaid, DOT or
// SVG. [Compare] lists what changes from one report to another. [Report.Explain]
// explains the place of one listener.
//
// A report lists hints without effect: those at listeners that do not hear the event,
// and those that change nothing in the order, dropped one by one or all together. It
// lists only the ones that show without sorting again for an event with more than a
// hundred listeners or hints, and for a provider other than provider.Sorted.
package inspect
