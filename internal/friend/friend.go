// Package friend has the key to rollcall.Internal and provider.Internal. Only the
// packages of this module can import it.
package friend

// Key is a parameter of each method of rollcall.Internal and provider.Internal.
type Key struct{}
