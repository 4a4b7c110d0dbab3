// Package friend has the key that opens rollcall.Internal, so that only the
// packages of this module can.
package friend

// Key is asked for by each method of rollcall.Internal.
type Key struct{}
