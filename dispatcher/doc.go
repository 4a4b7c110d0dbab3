// Package dispatcher calls the listeners that a provider gives for an event.
//
// [New] makes the plain dispatcher. It calls the listeners in order, in the
// caller's goroutine and with the caller's context, and returns when they have
// run. Before each listener it stops if the event says PropagationStopped, and
// stops with the context's error if the context is done. A listener's error
// stops it too and comes back as a [*ListenerError]; a panic becomes such an
// error. [CollectErrors] and [PassPanics] change that.
//
// There are several ways to dispatch:
//
//   - [Emitter], a dispatcher for one event type: what application code
//     injects. Its zero value has no listeners, so that a component under test
//     needs nothing else;
//   - [Dispatch], which knows the event's type and returns the event;
//   - [Dispatcher.Dispatch], for any event;
//   - [DispatchName], for an event that is no more than a name.
//
// None of the first three allocates by itself. What does: an event that is
// neither a pointer nor another word-sized reference and is dispatched untyped,
// since it is boxed; a listener that asks for an Origin; [Parallel].
//
// Other dispatchers wrap or stand in for one: [Buffered] dispatches later,
// [Traced] tells who was called, [Late] gets its dispatcher later.
//
// [Observe] has an [Observer] watch each dispatch and each listener's call, to
// trace or measure them; without one it takes no time.
//
// Everything here may be used concurrently.
package dispatcher
