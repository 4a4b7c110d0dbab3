// Command rollcall-letters lists, shows, replays and discards dead letters: events that
// are no longer redelivered. It works with NATS, with RabbitMQ, and with the outbox in a
// database.
//
//	rollcall-letters list    [-event E] [-key K] [-reason TEXT] [-older D] [-newer D] [ID...]
//	rollcall-letters show    [the same] [-body] [ID...]
//	rollcall-letters replay  [the same] [-yes] [ID...]
//	rollcall-letters discard [the same] [-yes] [ID...]
//
// list prints what waits for each receiver and its dead letters, one a line. show prints
// all that is known of each dead letter. It prints the body only with -body: as text if
// it is printable UTF-8, otherwise in base64. replay publishes dead letters to their
// receiver again, and removes each one after that. discard deletes them. replay and
// discard change nothing and print what they would do, unless there is -yes.
//
// # Server
//
// The server is a URL, from -url, from the file of -url-file, or from the environment
// variable ROLLCALL_URL:
//
//	nats://user:password@host:4222       also tls://, ws:// and wss://, and several with commas
//	amqp://user:password@host:5672/vhost also amqps://
//	postgres://user:password@host/db     also postgresql://
//	mariadb://user:password@host/db      also mysql://; options are those of go-sql-driver/mysql
//	sqlite:///var/lib/shop.db            also file:/var/lib/shop.db
//
// Other users of the machine may see the arguments of a process, so do not write a
// password into -url. If the URL has a user without a password, the password is that of
// the variable ROLLCALL_PASSWORD. PostgreSQL's own variables, such as PGPASSWORD, and its
// password file work, too. No password is ever printed.
//
// -prefix is the option Prefix of the application's transport, if it sets one. Nothing is
// created on a server: a wrong prefix is an error.
//
// A database has the dead letters of the outbox: what could not be published. Its receiver
// key is "", unless the event was published to one key. Events that were published and then
// failed in a listener are at the broker.
//
// # Selection
//
// Without a selection, all dead letters are meant. -event and -key are whole names. -reason
// is a part of the reason, in the same case. -older 24h selects letters that died at least
// 24 hours ago, and -newer 24h those that died since. IDs are those of events. A letter
// must meet all conditions. replay and discard need at least one, which may be -older 0s.
//
// RabbitMQ does not list its queues over AMQP: there, -event and -key are required.
//
// # Output
//
// The results are on standard output. The count of dead letters, warnings and errors are
// on standard error, and the progress if that is a terminal. With -json, standard output
// has one JSON object a line, as letters.schema.json describes.
//
// # Exit codes
//
//	0    done
//	1    an error, for example of the server; what is printed as done is done
//	2    the arguments are wrong
//	130  interrupted
//
// After an interrupt, such as Ctrl-C, the letter in progress is finished first. What is
// printed as done is done, and all other letters are where they were. A second interrupt
// ends the process at once: a letter in progress may then be replayed twice, but is not
// lost.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/rollcall-go/rollcall/internal/printable"
)

const usage = `Usage:
  rollcall-letters list [FLAGS] [ID...]
        print what waits for each receiver, and its dead letters
  rollcall-letters show [FLAGS] [-body] [ID...]
        print all that is known of dead letters, with -body also their bodies
  rollcall-letters replay [FLAGS] [-yes] [ID...]
        print which dead letters would be replayed; with -yes, replay them
  rollcall-letters discard [FLAGS] [-yes] [ID...]
        print which dead letters would be discarded; with -yes, discard them

Server:
  -url URL        nats://, amqp://, postgres://, mariadb:// or sqlite:///FILE
  -url-file FILE  a file with the URL
                  otherwise the URL is the variable ROLLCALL_URL;
                  the variable ROLLCALL_PASSWORD adds a password to it
  -prefix PREFIX  the option Prefix of the application's transport

Selection:
  -event EVENT    the name of the event
  -key KEY        the receiver key
  -reason TEXT    a part of the reason
  -older 24h      died at least so long ago
  -newer 24h      died since then
  ID...           the IDs of the events

  -json           print one JSON object a line
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// The exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // 128 and the number of SIGINT
)

// run runs the command until it is done, or the context ends because of an interrupt.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	if len(args) == 1 && isHelp(args[0]) {
		fmt.Fprint(stdout, usage)
		return exitOK
	}
	r, err := parse(args, env)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(stderr, "rollcall-letters: %v\n%s", err, usage)
		return exitUsage
	}
	return serve(ctx, r, stdout, stderr)
}

func isHelp(arg string) bool {
	return arg == "help" || arg == "-h" || arg == "-help" || arg == "--help"
}

// serve connects to the server and does what is requested.
func serve(ctx context.Context, r request, stdout, stderr io.Writer) int {
	w := newWalk(ctx, r, stdout, newProgress(stderr, r.command))
	defer w.cancel(nil)
	defer context.AfterFunc(ctx, w.interrupt)()
	err := w.run()
	if w.isInterrupted() {
		w.interrupt() // prints it, if that was not done yet
	}
	s := w.summary()
	if printing := w.out.end(s); err == nil {
		err = printing
	}
	if err != nil {
		message := r.address.scrubbed(err.Error())
		w.progress.say("rollcall-letters: " + printable.Text(message))
		w.out.failed(message)
	}
	if s != nil {
		w.progress.say(s.String())
	}
	switch {
	case w.isInterrupted():
		return exitInterrupted
	case err != nil:
		return exitFailed
	}
	return exitOK
}
