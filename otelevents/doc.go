// Package otelevents reports dispatches to OpenTelemetry: metrics, and a span for each
// dispatch with a child span for each listener's call. Enable it in the options of
// fxevents.Module:
//
//	fxevents.Module(fxevents.Policy(rollcall.Observe(otelevents.NewObserver())))
//
// It needs only the OpenTelemetry API. By default, it reports to the global providers
// of the application's SDK. [WithTracerProvider] and [WithMeterProvider] set others, or
// turn spans or metrics off.
//
// # Spans
//
//	name                   attribute                       value
//	dispatch <event>       rollcall.event.name             the event's name, or its type
//	                       rollcall.dispatch.not_called    how many synchronous listeners were not called, if any
//	                       rollcall.dispatch.stopped       true if the event was stopped
//	                       rollcall.dispatch.stopped_by    the ID of the listener that returned last before the stop
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
// below the one that published the event. That holds for an outbox, too, if NewTransport
// wraps the outbox: the headers are stored with the event. Around the outbox's inner
// transport, it would see only the relay, which has no trace.
//
// A dispatch without listeners does nothing and has no span, but it is counted. If
// the sampler drops the span of a dispatch, its listeners get no spans of their
// own and continue with the context of the dispatch. A sampler sees the event's name,
// and for a call the listener's ID and index.
//
// # Errors
//
// A span that fails has the status Error with the error's text. A listener's error is
// recorded once, as an exception event of the listener's span, with the stack if it
// panicked. The span of the dispatch fails too, but records only errors that belong to
// no listener's span, such as an interruption or a failed publication. The values of
// error.type are:
//
//	panic           a listener panicked (also with rollcall.PassPanics), or the
//	                event's PropagationStopped did, or a listener ended its goroutine
//	interrupted     the context was done before the next listener
//	canceled        a listener returned context.Canceled
//	timeout         a listener returned context.DeadlineExceeded
//	*fs.PathError   another error: its Go type, below what fmt.Errorf wrapped around it
//	_OTHER          an error whose methods panic, so that it has no type
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
// A dispatch is counted when it begins. A dispatch without listeners has no duration,
// so rollcall.dispatches minus the count of rollcall.dispatch.duration is the number of
// those. rollcall.listener.errors includes panics and failed publications. A failed
// publication counts for the first listener that it is for. The advised buckets go from
// 10 µs to 10 s.
//
// [ObserveBacklog] adds gauges of what waits for receivers, by rollcall.event.name and
// rollcall.receiver.key:
//
//	rollcall.backlog.waiting    gauge  {message}
//	rollcall.backlog.in_flight  gauge  {message}
//	rollcall.backlog.retrying   gauge  {message}
//	rollcall.backlog.dead       gauge  {message}
//	rollcall.backlog.oldest     gauge  s
//
// [ObserveOutbox] adds metrics of an outbox. They have no attributes. The counters count what
// this process has done, the gauges are of all instances. The last two are of PostgreSQL only:
//
//	rollcall.outbox.waiting     gauge    {message}
//	rollcall.outbox.retrying    gauge    {message}
//	rollcall.outbox.dead        gauge    {message}
//	rollcall.outbox.oldest      gauge    s
//	rollcall.outbox.published   counter  {message}
//	rollcall.outbox.failed      counter  {attempt}
//	rollcall.outbox.buried      counter  {message}
//	rollcall.outbox.dead_rows   gauge    {row}
//	rollcall.outbox.horizon     gauge    {transaction}
//
// # Privacy and cardinality
//
// The contents of events are never reported. Their names are, and so are the texts of
// errors and panics, as listeners wrote them.
//
// Each listener of each event has its own time series. If the program makes names of
// events at run time, which event.Named and event.Generic allow, each new name adds
// time series. So does each new listener ID. Keep such names few, or drop the attribute
// in a view of the SDK. The observer's own memory is bounded: it caches the attributes
// of up to 512 events.
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
