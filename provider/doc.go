// Package provider has the usual kinds of [rollcall.Provider]. A provider decides which
// listeners an event has, and in which order.
//
//   - [Sorted], which [Build] returns, has the order that priorities and hints ask for,
//     computed once;
//   - [Map] has the order in which a map lists the listeners;
//   - [Container] is like Map for IDs, whose listeners it takes from a container at the
//     first event that needs them;
//   - [Mutable] has listeners that come and go at run time;
//   - [Chain] has the listeners of several providers in succession;
//   - [Filter] has those that a predicate admits.
//
// An event goes to the listeners of its exact type, of its name, and of every interface
// that it implements.
//
// All kinds may be used concurrently. Asking one takes no lock. Changing a Mutable or a
// Chain copies it, so a dispatch in flight keeps the listeners that it began with. The
// change also ends the [rollcall.Lease] of earlier answers, so the next dispatch asks again.
//
// All kinds are built on what package rollcall offers to any provider: [rollcall.Spec] and
// [rollcall.Lease].
package provider
