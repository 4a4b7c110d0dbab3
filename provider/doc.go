// Package provider answers the question that a dispatcher asks for each event:
// which listeners, in which order.
//
// A [Listener] is one function for one event key, with an ID. [New] makes one
// of a function:
//
//	provider.New[*recipes.Created]("audit.Log", log.OnCreated, `priority:"first"`)
//
// A [Provider] gives listeners for an event. There are several kinds:
//
//   - [Ordered], the result of [Build]: the order that priorities and hints ask
//     for, computed once;
//   - [Map]: the order in which a map lists them;
//   - [Container]: like Map, but of IDs, whose listeners are taken from a
//     container at the first event that needs them;
//   - [Mutable]: listeners come and go at run time;
//   - [Chain]: the listeners of several providers in succession;
//   - [Filter]: those that a predicate admits.
//
// An event goes to the listeners of its exact type, of its name and of every
// interface that it implements. A type that is seen for the first time is
// resolved once and remembered.
//
// Providers may be used concurrently. Asking one that is built once takes no
// lock. Changing a mutable one copies it: a dispatch in flight keeps the
// listeners that it began with.
package provider
