// Package rollcall calls the listeners of an event in an order that modules hint at and
// that the application decides.
//
// A [Listener] is one function for one event type or name, with an ID. A [Provider]
// answers which listeners an event has, in which order. A [Dispatcher] calls them.
// Application code injects an [Emitter], a dispatcher for one event type:
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
// In an Uber Fx application, package fxevents does all of this: start there.
//
// # Dispatching
//
// A dispatch calls the listeners in order, in the caller's goroutine and with the
// caller's context. The first error stops it and comes back as a [*ListenerError]; a
// panic becomes such an error. [CollectErrors], [PassPanics] and [Parallel] change that.
// [Observe] has an [Observer] watch each dispatch, to trace or measure it.
//
// An emitter, [Dispatch] and a Dispatcher's Dispatch do the same. None of them allocates
// by itself, except for an event that is not a pointer and is dispatched untyped, a
// listener that asks for an [Origin], and Parallel.
//
// [Buffered] dispatches later, and [Traced] remembers who was called.
//
// # Providers
//
// Package provider has the usual kinds, and the container of an Fx application provides
// one. A provider of your own returns [Listeners], which [NewListeners] makes of a
// [Spec]. The Spec says how long the answer holds: for one event, for ever, or until a
// [Lease] ends. Dispatchers and emitters ask again only then, so your provider is as
// fast as ours. Package provider/providertest checks that it keeps its promises.
//
// # Other packages
//
//   - [github.com/rollcall-go/rollcall/fxevents]: events and listeners of Fx applications
//   - [github.com/rollcall-go/rollcall/fxeventstest]: their tests
//   - [github.com/rollcall-go/rollcall/provider]: the kinds of provider
//   - [github.com/rollcall-go/rollcall/event]: what an event may implement
//   - [github.com/rollcall-go/rollcall/tags]: the text on a constructor that makes its
//     result a listener
//   - [github.com/rollcall-go/rollcall/ordering]: the sort, with a reason for each place
//   - [github.com/rollcall-go/rollcall/inspect]: the order as text, JSON, Markdown,
//     Mermaid, DOT and SVG
//   - [github.com/rollcall-go/rollcall/monitor]: dispatches counted, logged and on
//     pages for a browser
//   - [github.com/rollcall-go/rollcall/transport]: events that leave the process
//
// Everything here may be used concurrently.
package rollcall
