package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// request is what the arguments ask for.
type request struct {
	command   string // one of commands
	address   address
	prefix    string // "" for the default of the transport
	selection selection
	yes       bool
	json      bool
	body      bool
}

const (
	list    = "list"
	show    = "show"
	replay  = "replay"
	discard = "discard"
)

var commands = []string{list, show, replay, discard}

// changes reports whether the command changes something with -yes.
func (r request) changes() bool { return r.command == replay || r.command == discard }

// dryRun reports whether the command would change something.
func (r request) dryRun() bool { return r.changes() && !r.yes }

// parse parses the arguments. Errors say what is wrong with them.
func parse(args []string, env func(string) string) (request, error) {
	if len(args) == 0 {
		return request{}, errors.New("a command is missing")
	}
	r := request{command: args[0]}
	if !slices.Contains(commands, r.command) {
		return r, withoutSecret(fmt.Errorf("unknown command %q: use %s", r.command, strings.Join(commands, ", ")))
	}
	flags := flag.NewFlagSet(r.command, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints errors and the usage
	url, file := flags.String("url", "", ""), flags.String("url-file", "", "")
	flags.StringVar(&r.prefix, "prefix", "", "")
	flags.BoolVar(&r.json, "json", false, "")
	r.selection.flags(flags)
	switch r.command {
	case show:
		flags.BoolVar(&r.body, "body", false, "")
	case replay, discard:
		flags.BoolVar(&r.yes, "yes", false, "")
	}
	var err error
	if r.selection.ids, err = parseAll(flags, args[1:]); err != nil {
		return r, withoutSecret(err)
	}
	if err := r.check(); err != nil {
		return r, err
	}
	r.address, err = readAddress(*url, *file, env)
	if err == nil {
		err = r.address.check(r.selection)
	}
	return r, err
}

// parseAll parses flags before, between and after other arguments, which it returns. What
// stands after -- is no flag.
func parseAll(flags *flag.FlagSet, args []string) (others []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		rest := flags.Args()
		if before := len(args) - len(rest); len(rest) == 0 || before > 0 && args[before-1] == "--" {
			return append(others, rest...), nil
		}
		others, args = append(others, rest[0]), rest[1:]
	}
}

// withoutSecret returns an error that quotes an argument. If the argument may be a URL with
// a password that stands at a wrong place, the error says that instead.
func withoutSecret(err error) error {
	if text := err.Error(); strings.Contains(text, "://") || strings.Contains(text, "@") {
		return errors.New("a URL stands at a wrong place: write -url, a space and the URL")
	}
	return err
}

func (r request) check() error {
	s := r.selection
	for _, id := range s.ids {
		if strings.Contains(id, "://") {
			return errors.New("a URL stands at the place of an ID: write -url, a space and the URL")
		}
	}
	switch {
	case s.older.value < 0 || s.newer.value < 0:
		return errors.New("-older and -newer must not be negative")
	case s.older.set && s.newer.set && s.newer.value <= s.older.value:
		return fmt.Errorf("no letter is both older than %v and newer than %v", s.older.value, s.newer.value)
	case r.changes() && !s.any():
		return fmt.Errorf("%s needs a selection: -event, -key, -reason, -older, -newer or IDs; -older 0s selects all dead letters", r.command)
	}
	return nil
}

// text holds the value of a flag, which may be set to "".
type text struct {
	set   bool
	value string
}

func (t *text) String() string { return t.value }

func (t *text) Set(value string) error {
	t.set, t.value = true, value
	return nil
}

// matches reports whether a value is the one of the flag, if it is set.
func (t text) matches(value string) bool { return !t.set || t.value == value }

// duration holds the value of a flag, which may be set to 0.
type duration struct {
	set   bool
	value time.Duration
}

func (d *duration) String() string { return d.value.String() }

func (d *duration) Set(value string) (err error) {
	d.set = true
	if d.value, err = time.ParseDuration(value); err != nil {
		return errors.New("use a duration such as 90s, 15m or 24h")
	}
	return nil
}
