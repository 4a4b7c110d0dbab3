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
//	                       rollcall.dispatch.stopped       true if the event was stopped
//	                       rollcall.dispatch.stopped_by    the ID of the listener that returned last before
//	call <listener>        rollcall.event.name             as above
//	                       rollcall.listener.id            the listener's ID
//	                       rollcall.listener.index         its place in the order, from 0
//	both, if they fail     error.type                      see below
//
// Their kind is internal. A dispatch calls functions and sends no messages, so
// the conventions for messaging don't fit. A listener gets the context of its
// span, so spans of its own work, including further dispatches, are below it. If
// listeners run in parallel, stopped_by is the last one that had returned.
//
// A delivery to asynchronous listeners begins a trace of its own, unless
// [NewTransport] carries trace context across the transport. Then its dispatch is
// below the one that published the event.
//
// A dispatch without listeners does nothing and has no span, but it is counted. If
// the sampler drops the span of a dispatch, its listeners get no spans of their
// own and continue with the context of the dispatch. A sampler sees the
// attributes that a span begins with.
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
// A dispatch has the error.type of its first error, except that interrupted takes
// precedence over earlier failures. If a listener returns the error of a further
// dispatch, it has the error.type of the original error.
//
// # Metrics
//
//	name                        instrument  unit        attributes
//	rollcall.dispatches         counter     {dispatch}  rollcall.event.name
//	rollcall.dispatch.duration  histogram   s           rollcall.event.name
//	rollcall.listener.errors    counter     {error}     rollcall.event.name, rollcall.listener.id
//	rollcall.listener.duration  histogram   s           rollcall.event.name, rollcall.listener.id
//
// A dispatch is counted when it begins. A dispatch without listeners has no
// duration, so the difference between the two counts is the number of those. Panics
// are errors here. So is a failed publication; it counts for the first listener
// that it is for. The advised buckets go from 10 µs to 10 s.
//
// # What does not get out, and what does
//
// Events themselves are never reported, but their names are, and the texts of
// errors and panics are as listeners wrote them.
//
// The number of time series is that of events times their listeners. If the name
// of an event is made at run time, each new name adds time series. The name of an
// event.Named or event.Generic may be such a name. The same is true of a
// listener's ID. Keep such names few, or drop the attribute in a view of the SDK.
// The observer's own memory is bounded anyway: it remembers the attributes of up
// to 512 events, and beyond that makes some anew.
//
// # Cost
//
// This measures a dispatch to 10 listeners that do nothing:
//
//	go test -run '^$' -bench Emit ./otelevents
//
// On one machine, it took 0.02 µs without an observer and 0.14 µs with both
// providers off. It took 0.4 µs if the span was not sampled and metrics were off,
// 3.1 µs with metrics alone, 10 µs with spans alone and 12 µs with both. Most of
// that is spent in the SDK. Dispatches share no lock except those of the SDK.
package otelevents
