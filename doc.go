// Package rollcall calls the listeners of an event in a defined order. Modules hint where
// their listeners belong, and the application decides.
//
// A [Listener] is a function with an ID that listens to one event type or name. A
// [Provider] returns the listeners of an event in order, and a [Dispatcher] calls them.
// Application code injects an [Emitter], which dispatches events of one type:
//
//	type Created struct{ ID string }
//
//	p, err := provider.Build([]rollcall.Listener{
//		rollcall.NewListener[*Created]("notifier", notify, `after:"indexer"`),
//		rollcall.NewListener[*Created]("indexer", index),
//	}, nil)
//	created := rollcall.NewEmitter[*Created](rollcall.NewDispatcher(p))
//	err = created.Emit(ctx, &Created{ID: "soup"}) // index, then notify
//
// The text after:"indexer" is the listener's tag, and a hint: see package tags.
//
// In an Uber Fx application, package fxevents does all of this: start there.
//
// # Dispatching
//
// A dispatch calls the listeners in order, in the caller's goroutine and with the
// caller's context. The first error ends the dispatch and is returned as a
// [*ListenerError]. A panic becomes such an error. [CollectErrors], [PassPanics] and
// [Parallel] change that. [Observe] adds an [Observer] that watches each dispatch.
//
// A listener whose tag has an async key, such as async:"mail", is asynchronous. A
// dispatch does not call it. If all other listeners succeed, the dispatch publishes the
// event, and a receiver of the key "mail" calls the listener later, often in another
// process. If publishing fails, the dispatch returns a [*PublishError]. See package
// transport.
//
// [Emitter.Emit], the function [Dispatch] and the method of a [Dispatcher] call the same
// listeners. Once the provider's answer is remembered, a dispatch of a pointer allocates
// nothing, unless a listener takes an [Origin] or is called by reflection, several
// observers watch, or Parallel is on. An event that is not a pointer may also be boxed,
// which allocates.
//
// [Buffered] dispatches later, and [Traced] remembers which listeners were called.
//
// # Providers
//
// Package provider has the usual kinds of provider, and the container of an Fx
// application has one. Your own provider makes its answer, a [Listeners], from a [Spec]
// with [NewListeners]. The Spec says how long the answer holds: for one event, forever,
// or until a [Lease] ends. Dispatchers and emitters remember the last two kinds, so a
// dispatch costs no more than with the providers here. Package provider/providertest
// tests your provider.
//
// # Other packages
//
//   - [github.com/rollcall-go/rollcall/fxevents]: events and listeners of Fx applications
//   - [github.com/rollcall-go/rollcall/fxeventstest]: helpers to test such applications
//   - [github.com/rollcall-go/rollcall/provider]: the kinds of provider
//   - [github.com/rollcall-go/rollcall/event]: what an event may implement
//   - [github.com/rollcall-go/rollcall/tags]: the tags of listeners, such as
//     after:"indexer"
//   - [github.com/rollcall-go/rollcall/ordering]: the sort, with a reason for each place
//   - [github.com/rollcall-go/rollcall/inspect]: the order as text, JSON, Markdown,
//     Mermaid, DOT and SVG
//   - [github.com/rollcall-go/rollcall/monitor]: counts, logs and web pages of dispatches
//   - [github.com/rollcall-go/rollcall/transport]: events that leave the process
//
// All functions and methods of package rollcall may be called concurrently.
package rollcall
