package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// setPipeSize is F_SETPIPE_SZ, which package syscall does not have.
const setPipeSize = 1031

// The process is interrupted by Ctrl-C while it replays 64 letters. The pipe for its
// output is too small for their lines, so it can't be done before the signal arrives.
func TestInterruptedProcess(t *testing.T) {
	t.Parallel()
	p := databasePlace(t, "sqlite")
	var letters []stuck
	for i := range 64 {
		letters = append(letters, stuck{key: "mail", id: fmt.Sprintf("%0128d", i), reason: "no"})
	}
	p.bury(t, letters...)
	out, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, _, e := syscall.Syscall(syscall.SYS_FCNTL, pipe.Fd(), setPipeSize, 4096); e != 0 {
		t.Fatal(e)
	}
	c := exec.Command("rollcall-letters", replay, "-url", p.url, "-older", "0s", "-yes")
	c.Stdout = pipe
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_ = pipe.Close()
	stdout, messages := bufio.NewReader(out), bufio.NewReader(stderr)
	first, err := stdout.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if line, err := messages.ReadString('\n'); err != nil || !strings.HasPrefix(line, "rollcall-letters: interrupted") {
		t.Fatalf("got %q, %v", line, err)
	}
	rest, err := io.ReadAll(stdout)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, messages)
	var exit *exec.ExitError
	if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Errorf("got %v", err)
	}
	done := strings.Count(first+string(rest), "\n")
	if left := p.left(t, "mail"); done+len(left) != 64 || len(left) == 0 {
		t.Errorf("%d were replayed, and %d are left", done, len(left))
	}
	if n := p.count(t, "outbox"); n != done {
		t.Errorf("%d were replayed, and %d are in the outbox", done, n)
	}
}
