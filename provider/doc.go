// Package provider has the usual kinds of [rollcall.Provider]. A provider decides which
// listeners an event has, and in which order.
//
//   - [Sorted], which [Build] returns, sorts listeners once, by their priorities and
//     hints;
//   - [Map] has one fixed list of listeners for each event key;
//   - [Container] is like Map, but lists IDs. It gets the listeners from a dependency
//     injection container at the first event that needs them;
//   - [Mutable] lets you add and remove listeners at run time;
//   - [Chain] joins several providers, one after another;
//   - [Filter] has the listeners of a provider that a predicate admits.
//
// An event goes to the listeners of its exact type, of its name, and of every interface
// that it implements. These types and names are its keys, see [event.Key].
//
// All kinds may be used concurrently. Listeners and Of take no lock, except when a
// Container stores a new listener. Mutable and Chain are copied on write, so a dispatch
// in flight keeps the listeners that it began with. A change also ends the
// [rollcall.Lease] of earlier answers, so the next dispatch asks again. A Mutable or
// Chain must not be copied.
//
// Sorted accepts asynchronous listeners. Chain and Filter pass them on. Map, Container
// and Mutable refuse them, but a Mutable of an application has those of the container.
//
// All kinds are built on what package rollcall offers to any provider: [rollcall.Spec] and
// [rollcall.Lease].
package provider
