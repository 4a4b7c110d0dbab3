// Package orms contains only tests. They show how the transaction of an outbox gets into
// the code that sqlc generates, and into GORM, ent and bun.
package orms
