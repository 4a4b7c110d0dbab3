// Package outboxtest has only tests: of package sqlevents over NATS, and in an Fx
// application.
package outboxtest
