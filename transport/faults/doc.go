// Package faults has no code but tests: they prove that no transport loses an
// event whose publishing it has confirmed, whatever fails.
//
//	go test ./transport/faults                             # few faults; skips what has no broker
//	ROLLCALL_REQUIRE_BROKERS=1 go test ./transport/faults  # fails there
//	make ledger                                            # all faults; writes RESULTS.md
//
// Each scenario runs in any case, with few faults. With ROLLCALL_LEDGER=1, which
// make ledger sets, it has as many as RESULTS.md tells of; only then may -update
// write that.
//
// # The faults
//
// A receiver is killed, as by kill -9, while its handler runs; every second time
// the handler has done its work and has not told so. A publisher is killed while
// it publishes. The connection is cut, stalled and delayed. The broker is stopped
// and started, and a NATS server that syncs every write is killed. RabbitMQ runs
// out of memory. The disk of an embedded store runs full. All that happens while
// events are published and handled. An embedded store loses its power: it goes on
// with what had reached its disk at a moment when some events were confirmed and
// not handled.
//
// # The ledger
//
// Each test keeps a ledger of every event by its ID: when it was about to be
// published, when it was confirmed, and each time that a handler has done its
// work. The processes of a test write it to one file, line by line, so that it
// has what a process did before it was killed.
//
// A confirmed event that was never handled is lost, and fails the test. An event
// that was handled more than once is doubled: transports deliver at least once,
// so that is counted and allowed. So is an event that was handled without having
// been confirmed: its publisher was killed in between, or gave up waiting. A
// publisher that got an error publishes again by the same ID.
//
// What goes wrong seldom needs more faults than a run has. The disk of an
// embedded store running full 600 times, without a loss:
//
//	go test -count=60 -run FullDisk ./transport/faults -fulldisks 10
//
// Transports that lie are found out: see TestLiesAreFoundOut, and
// TestKillFindsHaste for a receiver that acknowledges too early.
//
// # What the tests need
//
// RabbitMQ at 127.0.0.1:5672 and a NATS server with JetStream at 127.0.0.1:4222;
// both are left as they were. Brokers that are stopped, killed or run out of
// memory are started by the tests, RabbitMQ by its programs. The full disk is a
// small file system in memory, in a namespace of its own: it needs Linux, and
// root or user namespaces. The disk that loses its power is a file system in a
// file: it needs root, mkfs.ext4 and loop devices, and is skipped without them.
package faults
