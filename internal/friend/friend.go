// Package friend has the key to rollcall.Internal and provider.Internal. Only the
// packages of this module can import it.
package friend

// Key is a parameter of each method of rollcall.Internal and provider.Internal.
type Key struct{}

// AnyKey takes the place of a receiver key if an event is published for all subscribers. A
// receiver can't have it.
const AnyKey = "*"
