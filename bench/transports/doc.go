// Package transports holds rollcall's transports against the clients that they
// are made of, and against Watermill, on the same broker in the same run. What
// it measures stands in its tests; make bench-transports runs them.
package transports
