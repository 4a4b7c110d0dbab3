// Package outbox has only benchmarks: of package sqlevents beside bare statements, River and
// watermill-sql's forwarder.
package outbox
