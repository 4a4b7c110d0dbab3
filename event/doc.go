// Package event says what an event is: any Go value. Its [Key] is its Go type,
// or a name where it has an EventName method, and it may implement the small
// interfaces of this package: [Named] and [Stoppable].
//
//	type Created struct {
//		event.Propagation // optional: lets a listener stop the dispatch
//		ID string
//	}
//
// [Generic] serves where a type of its own is not worth it: it carries a name,
// a subject and arguments.
package event
