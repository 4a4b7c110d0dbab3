package faults_test

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
)

// leashVariable has what a process holds on a leash, as JSON.
const leashVariable = "ROLLCALL_FAULTS_LEASH"

// leashed is a program that must not outlive the test, even one that is killed
// or runs out of time: the process that has started it kills it, and all that it
// has started, when its own standard input ends. It hands on SIGTERM.
type leashed struct {
	Command []string
	Env     []string
}

func leash(text string) int {
	var l leashed
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return complain(err)
	}
	c := exec.Command(l.Command[0], l.Command[1:]...)
	c.Env, c.Stderr = l.Env, os.Stderr
	ownGroup(c)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	if err := c.Start(); err != nil {
		return complain(err)
	}
	go func() {
		<-signals
		signalGroup(c, syscall.SIGTERM)
	}()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		signalGroup(c, syscall.SIGKILL)
	}()
	_ = c.Wait()
	signalGroup(c, syscall.SIGKILL) // what is left of it
	return 0
}

// start starts the program.
func (l leashed) start(t *testing.T) *process {
	t.Helper()
	p := start(t, leashVariable, l)
	t.Cleanup(p.end)
	return p
}
