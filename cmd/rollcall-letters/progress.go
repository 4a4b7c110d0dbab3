package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// progress is what standard error shows. On a terminal, its last line says how far the
// command is. It may be used concurrently.
type progress struct {
	to       io.Writer
	terminal bool
	command  string

	mu    sync.Mutex
	shown bool // whether there is a line of progress
	last  time.Time
}

func newProgress(to io.Writer, command string) *progress {
	return &progress{to: to, terminal: isTerminal(to), command: command}
}

// isTerminal reports whether something is written to a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// pace is the least time between two lines of progress.
const pace = 100 * time.Millisecond

// eraseLine moves to the start of the line and erases it.
const eraseLine = "\r\x1b[K"

// add shows how many letters were looked at, on a terminal.
func (p *progress) add(s summary) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.terminal || time.Since(p.last) < pace {
		return
	}
	p.last, p.shown = time.Now(), true
	fmt.Fprintf(p.to, eraseLine+"%s: %d dead letters seen, %d selected", p.command, s.Seen, s.Selected)
}

// hide erases the line of progress, so that something else can be printed.
func (p *progress) hide() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
}

func (p *progress) erase() {
	if p.shown {
		p.shown = false
		fmt.Fprint(p.to, eraseLine)
	}
}

// say prints a line.
func (p *progress) say(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	fmt.Fprintln(p.to, line)
}
