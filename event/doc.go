// Package event has the keys that listeners subscribe to and the interfaces that an event
// may implement. Any Go value is an event. A [Key] is the event's Go type, an interface
// that it implements, or its name. An event may implement [Named], [Stoppable] and [Keyed].
//
//	type Created struct {
//		event.Propagation // optional: lets a listener stop the dispatch
//		ID string
//	}
//
// Use [Generic] if an event is not worth a Go type: it has a name, a subject and
// arguments.
package event
