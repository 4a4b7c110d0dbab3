// Package sqlevents implements a [transport.Transport] in a database, around another one:
// an outbox. An event is published in the application's own transaction. If the transaction
// is committed, the event is published. If it is rolled back, the event is not.
//
//	err := sqlevents.Migrate(ctx, db, sqlevents.PostgreSQL)
//	broker, err := natsevents.Connect("nats://127.0.0.1:4222")
//	outbox, err := sqlevents.New(db, sqlevents.PostgreSQL, broker)
//
//	err = outbox.InTx(ctx, nil, func(ctx context.Context, tx *sql.Tx) error {
//		if _, err := tx.ExecContext(ctx, `INSERT INTO orders (id) VALUES ($1)`, id); err != nil {
//			return err
//		}
//		return placed.Emit(ctx, &Placed{ID: id})
//	})
//
// [Transport.InTx] begins and commits. [Transport.WithTx] takes a transaction that was begun
// by other means. Without either, Publish stores the message by itself. It never waits for
// the broker. The package works with database/sql and imports no driver.
//
// # Relay
//
// Each instance of the application runs a relay, from [New] to Close. It publishes the
// messages of the outbox to the inner transport and deletes those that the broker has
// confirmed. The rows are in 64 partitions. Each instance leases a fair share of them. If
// an instance ends, its partitions are released. If it dies, they are free after [Lease].
//
// Up to 256 messages are in flight at once. A message may be published twice if an instance
// dies between the confirmation and the deletion, or stands still for longer than its lease.
// The message keeps its ID, so the broker or [transport.HandleOnce] can recognize that.
//
// After InTx, this process publishes at once if it leases the partition. Otherwise relays
// look for new messages at intervals from 100 ms to 2 s: these are short while messages are
// found.
//
// # Order
//
// Messages without an order key are published in any order. Those with one, such as that of
// an event.Keyed, are published in the order in which their transactions were committed,
// over all instances. Each waits until the one before is confirmed or a dead letter. A
// transaction locks its order keys until it ends, so a transaction that publishes the same
// key waits. [OrderBy] sets order keys for other messages.
//
// A duplicate may arrive late: after 1 and 2, 1 may come again.
//
// # Delay
//
// With a context of transport.WithDelay or transport.At, a message is published when its
// delay is over, by the clock of the database. It is usually published some milliseconds
// later, and up to 2 seconds later if another instance or a transaction of
// [Transport.WithTx] has stored it.
//
// Later messages of its order key wait for it, as they do for one that fails. Give a
// reminder an order key of its own if it must not hold back the events of its order.
//
// Reads do not pass messages that wait, so many of them cost the others nothing.
//
// # Failures
//
// While the broker can't be reached, messages stay in the outbox. The attempts do not count.
// That is so if the inner transport is a transport.Connector that is not connected, or if
// the error is one of the network or a timeout. After any other error, the message waits as
// [Retry] says, and so do later ones of its order key. After [MaxAttempts], it becomes a
// dead letter of the outbox. It becomes one at once if nobody receives it and the inner
// transport reports that, or if the inner transport can't carry it. A panic of the inner
// transport is a failed attempt, and is logged with its stack.
//
// An error that every message meets, such as a permission that was revoked, counts as an
// attempt of each. With the defaults, messages become dead letters after 14 minutes. Replay
// them when the permission is back.
//
// A receiver is declared at the inner transport. A process that starts while the broker is
// away can't do that yet, for example an application with fxevents.StartWithoutBroker. Its
// messages then have the receiver keys with them: see [Transport.DeclareLater]. Whichever
// instance publishes them declares these receivers first, even if it does not know them
// otherwise.
//
// [Transport.EachDeadLetter] shows the dead letters of the outbox before those of the inner
// transport. Those without a receiver key, which is usual, have the key "". A program
// without a broker opens the dead letters of the outbox alone, with [OpenDeadLetters]. The
// command rollcall-letters is such a program.
//
// # Inbox
//
// [Transport.Inbox] does the same at the other end: listeners of a receiver key run in a
// transaction, in which the message is recorded as handled. The option fxevents.Inbox puts
// it around the listeners of an application.
//
// # Tables
//
// [Migrate] creates the tables, or copy [Schema] into your own migrations. Their names begin
// with "rollcall_" or with [Prefix]. Times are microseconds since 1970, by the clock of the
// database.
//
//	outbox   messages that are not published yet
//	  id             in the order of the insertions; never reused
//	  part           the partition, 0 to 63: by the order key, otherwise random
//	  message_id, event, receiver_key, content_type, source, headers (JSON), body
//	                 the message; its headers may have "rollcall-receivers": receiver
//	                 keys to declare before it is published
//	  order_key      or ''
//	  created        when it was inserted; after a delay, when it was due
//	  attempts       that have failed
//	  next_attempt   when it will be due: after its delay or a failure; 0 if it is due
//	  last_error     of the last attempt
//	  waiting_key    on MariaDB: computed, for an index
//	dead     dead letters: the columns of the message, with
//	  died           when it became one
//	  reason         why
//	published  with [KeepPublished], confirmed messages: the columns of the message, with
//	  published      when the broker had confirmed it
//	leases   who publishes a partition
//	  part, owner    the owner is '' if the partition is free
//	  token          increases with each owner: writes of an earlier one fail
//	  until          when the lease ends
//	members  instances that live
//	  member, until  an instance that does not renew in time counts as dead
//	handled  messages that were handled: see [Transport.Inbox]
//	  id             the receiver key, the message's ID and its source; a hash if too long
//	  at             when it was handled
//	slots    on MariaDB: rows that are locked instead of order keys
//	schema   the version of the tables
//
// # Databases
//
// PostgreSQL is tested with version 15 and pgx. An order key is locked by
// pg_advisory_xact_lock, with a number that depends on the prefix and the key. While some
// transaction stays open, vacuum can't remove the rows that the relay deletes, and reads get
// slower: [Transport.OutboxStats] shows it, and docs/production.md has figures.
//
// On MariaDB and SQLite, database/sql prepares the statements of Publish once for each
// connection of the outbox's *sql.DB, also with WithTx if that has a *sql.Tx of it.
//
// MariaDB is tested with version 10.11 and go-sql-driver/mysql. An order key is one of 1,024
// rows, so two keys may wait for each other. MySQL is not tested.
//
// SQLite is tested with version 3.54 and modernc.org/sqlite. Set a busy timeout, because
// the relay writes, too. Nil from Publish or InTx means that the event survives a power
// failure only with synchronous=FULL:
//
//	sql.Open("sqlite", "file:shop.db?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)")
//
// Values are never part of SQL text, and bodies are not logged.
package sqlevents
