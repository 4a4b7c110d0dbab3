package transport

import "context"

// Outbox is a Transport that stores messages itself before it publishes them to a broker.
// So Publish does not wait for the broker.
type Outbox interface {
	// AwaitStore returns nil when messages can be stored. If ctx ends before that, the
	// error has the reason. A permanent error is returned at once.
	AwaitStore(ctx context.Context) error

	// DeclareLater is Declare without the broker: it returns at once. A message that is
	// stored from now on is published only after the receiver was declared at the broker.
	// The error is a *SubscriptionError, also for a temporary receiver. A transport that
	// wraps another one returns errors.ErrUnsupported if the other is not an Outbox.
	DeclareLater(s Subscription) error
}

// OutboxReporter is a Transport with an outbox: it stores messages in a database before it
// publishes them.
type OutboxReporter interface {
	// OutboxStats returns what is in the outbox, and what the relay of this process has
	// done. It asks the database. The error is the database's or the context's. A transport
	// that wraps another one returns errors.ErrUnsupported if the other is not an
	// OutboxReporter.
	OutboxStats(ctx context.Context) (OutboxStats, error)
}

// OutboxStats are the counts of an outbox.
type OutboxStats struct {
	// Backlog has the messages of all events that are in the outbox. Waiting ones were not
	// tried yet, Retrying ones have failed and wait for their next attempt, and Dead ones
	// are dead letters of the outbox. InFlight is 0.
	Backlog

	// These count what the relay of this process has done since it began.
	Published uint64 // messages that the broker has confirmed
	Failed    uint64 // attempts to publish that have failed, without those that could not reach the broker
	Buried    uint64 // messages that became dead letters

	Vacuum *OutboxVacuum // nil if the database needs no vacuum
}

// OutboxVacuum has what slows reads of an outbox in PostgreSQL: deleted rows that vacuum
// has not removed, and the age of the oldest snapshot that prevents it.
type OutboxVacuum struct {
	DeadRows int // deleted rows that are still in the table, as the database estimates
	// Horizon is how many transactions have begun since the oldest snapshot that vacuum
	// must respect: of a session, a prepared transaction or a replication slot. Rows that
	// were deleted after that can't be removed.
	Horizon int
}
