// Package faults contains only tests. They prove that no transport loses an event
// after confirming its publication, whatever fails.
//
//	go test ./transport/faults                             # few faults; skips tests without a broker
//	ROLLCALL_REQUIRE_BROKERS=1 go test ./transport/faults  # fails them instead
//	make ledger                                            # all faults; writes RESULTS.md
//
// Each scenario always runs, with few faults. With ROLLCALL_LEDGER=1, which make
// ledger sets, it has as many faults as RESULTS.md lists. Only then may -update
// write RESULTS.md.
//
// # The faults
//
// A receiver is killed, as by kill -9, while its handler runs. Every second time,
// the handler has done its work but not reported it. A publisher is killed while
// it publishes. The connection is cut, stalled and delayed. The broker is stopped
// and started, and a NATS server that syncs every write is killed. RabbitMQ runs
// out of memory. The disk of an embedded store fills up. All this happens while
// events are published and handled. An embedded store loses its power: it resumes
// with what had reached its disk at a moment when some events were confirmed but
// not handled.
//
// The consumer of a receiver is deleted on a NATS server, under a publisher and under a
// receiver, and a server returns with an empty store. That discards what waits there.
// Events that were on their way before it, and were not handled, are not counted.
//
// # The ledger
//
// Each test keeps a ledger of every event by its ID: when it was about to be
// published, when it was confirmed, and each time that a handler has done its
// work. The processes of a test write the ledger to one file, line by line, so
// that it contains what a process did before it was killed.
//
// A confirmed event that was never handled is lost, and fails the test. An event
// that was handled more than once is doubled. Transports deliver at least once, so
// doubled events are counted and allowed. So are events that were handled without
// having been confirmed: their publisher was killed in between, or stopped
// waiting. A publisher that got an error publishes again with the same ID.
//
// A rare failure needs more faults than one run has. This command filled the disk
// of an embedded store 600 times, without a loss:
//
//	go test -count=60 -run FullDisk ./transport/faults -fulldisks 10
//
// The tests detect transports that lie: see TestLiesAreFoundOut, and
// TestKillFindsHaste for a receiver that acknowledges too early.
//
// # Outbox and inbox
//
// Processes of a shop take orders in a database, relay their events by package sqlevents,
// and receive them. One receiver has the inbox, another one has not. A process is killed at
// each point of an event's way: between the commit and the relay, before and after the
// broker's confirmation, in a handler before and after its commit. It stands still for
// longer than its lease. Instances come and go. Connections to the database and to the
// broker are cut, and each of these is stopped and started. Transactions fail because of
// others, and one stays open.
//
// What was committed stands in the database. Each order must have its effect in both
// receivers, and exactly one in that with the inbox. What was rolled back must have none.
// This process audits in which order the broker got the events of each order key.
//
// # What the tests need
//
// RabbitMQ at 127.0.0.1:5672, a NATS server with JetStream at 127.0.0.1:4222, PostgreSQL at
// 127.0.0.1:5432 and MariaDB at 127.0.0.1:3306, without passwords. All are left as they
// were. Brokers and databases that are stopped, killed or run out of
// memory are started by the tests, RabbitMQ by its programs. The full disk is a
// small file system in memory, in a namespace of its own: it needs Linux, and
// root or user namespaces. The disk that loses its power is a file system in a
// file: it needs root, mkfs.ext4 and loop devices, and is skipped without them.
package faults
