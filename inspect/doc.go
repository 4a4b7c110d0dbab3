// Package inspect shows the order in which listeners run, and why. It does not need a running
// program. To see what dispatches do in one, use package monitor.
//
// A [Report] has the order of each event with its reasons. [OfFile] makes it from an
// order file and [OfProvider] from a built provider. In an Fx application, inject
// *inspect.Report. [Report.Write] writes it as text, JSON, Markdown, Mermaid, DOT or
// SVG. [Compare] lists what changes from one report to another. [Report.Explain]
// explains the place of one listener. [Report.WriteSequence] writes the order as the
// sequence of an order file.
//
// A hint is a before or after of a listener. A report lists the hints without effect: the
// target does not listen to the event, or the order is the same without the hint. All of
// them can be dropped together. To find them, a report sorts again without each hint. The
// list may be incomplete if the event has more than a hundred listeners or hints, or
// prepended or appended listeners. It is also incomplete if the provider is neither a
// provider.Sorted nor a provider.Mutable.
package inspect
