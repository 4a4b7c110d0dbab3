// Package otelevents reports dispatches to OpenTelemetry: a span for each
// dispatch with one below it for each listener's call, and metrics. An
// application turns it on where it assembles its listeners:
//
//	fxevents.Module(fxevents.Policy(rollcall.Observe(otelevents.NewObserver())))
//
// It needs only the OpenTelemetry API. What becomes of the spans and metrics is
// up to the application's SDK, whose global providers are the default;
// [WithTracerProvider] and [WithMeterProvider] name others, or turn one half
// off.
//
// # Spans
//
//	name                   attribute                       value
//	dispatch <event>       rollcall.event.name             the event's name, or its type
//	                       rollcall.dispatch.not_called    listeners that were not called, if any; asynchronous
//	                                                       ones don't count
//	                       rollcall.dispatch.stopped       true where the event was stopped
//	                       rollcall.dispatch.stopped_by    the ID of the listener that returned last before
//	call <listener>        rollcall.event.name             as above
//	                       rollcall.listener.id            the listener's ID
//	                       rollcall.listener.index         its place in the order, from 0
//	both, where they fail  error.type                      see below
//
// They are of the kind internal: a dispatch calls functions, it sends no
// messages, so the conventions for messaging don't fit. A listener gets the
// context of its span, so what it does stands below it, a further dispatch too.
// Of listeners that run in parallel, stopped_by is the last that had returned.
//
// A delivery to asynchronous listeners begins a trace of its own, unless
// [NewTransport] has trace context cross the transport: then its dispatch stands
// below the one that published the event.
//
// A dispatch that nobody hears has no span, for it does nothing, but it counts.
// Where the sampler drops the span of a dispatch, its listeners get none of
// their own and go on with its context. A sampler is given the attributes that a
// span begins with.
//
// # Errors
//
// A span that fails has the status Error, described by the error's text. What a
// listener did is recorded once, as an exception event of its own span, with the
// stack if it panicked; the dispatch is marked too, and records only what was no
// listener's fault, and a publication for asynchronous listeners that failed. The
// values of error.type are:
//
//	panic           a listener panicked, whether that passes or not, or the
//	                event did when asked whether it is stopped
//	interrupted     the context was done before the next listener
//	canceled        a listener returned context.Canceled
//	timeout         a listener returned context.DeadlineExceeded
//	*fs.PathError   another error: its Go type, below what fmt.Errorf wrapped around it
//	_OTHER          an error that can't be classed, as its methods panic
//
// A dispatch has that of its first error, but interrupted comes before what
// failed earlier. A listener that dispatches further and returns that one's
// error has the error.type of where it began.
//
// # Metrics
//
//	name                        instrument  unit        attributes
//	rollcall.dispatches         counter     {dispatch}  rollcall.event.name
//	rollcall.dispatch.duration  histogram   s           rollcall.event.name
//	rollcall.listener.errors    counter     {error}     rollcall.event.name, rollcall.listener.id
//	rollcall.listener.duration  histogram   s           rollcall.event.name, rollcall.listener.id
//
// A dispatch counts when it begins. One that nobody hears has no duration, so
// the two tell how many those are. Panics are errors here, and so is a publication
// that fails, of the first listener that it is for. The advised buckets go
// from 10 µs to 10 s.
//
// # What does not get out, and what does
//
// Events themselves are never reported, but their names are, and the texts of
// errors and panics are as listeners wrote them.
//
// There are as many time series as events times their listeners. An event whose
// name is made at run time, as that of an event.Named or event.Generic may be,
// makes new ones with each new name, and so does a listener whose ID is: keep
// such names few, or drop the attribute in a view of the SDK. The observer's own
// memory is bounded all the same: it remembers the attributes of up to 512
// events, and beyond that makes some anew.
//
// # Cost
//
// For a dispatch to 10 listeners that do nothing, as
//
//	go test -run '^$' -bench Emit ./otel
//
// measures it on one machine: 0.02 µs without an observer, 0.14 µs with both
// providers off, 0.4 µs where the span is not sampled and metrics are off, 3.1 µs
// with metrics alone, 10 µs with spans alone and 12 µs with both, most of it the
// SDK's. Dispatches share no lock, but for those of the SDK.
package otelevents
