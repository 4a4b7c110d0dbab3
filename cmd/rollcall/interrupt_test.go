//go:build unix

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// waiting is an application whose constructor never returns.
const waiting = `package shop

import (
	"fmt"
	"os"
	"time"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
)

var forever = time.Hour

func Options() fx.Option {
	return fx.Options(fxevents.Module(), fx.Invoke(func() {
		fmt.Println("waiting", os.Getpid())
		time.Sleep(forever)
	}))
}
`

// A command that is interrupted leaves no process and no file, in the tree, in the repository
// and in the folder for temporary files.
func TestInterrupt(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds several programs")
	}
	dir, source := waitingModule(t)
	for _, tt := range []struct {
		name, source string
		nth          int // the run that waits
		signal       os.Signal
	}{
		{"in the application", waiting, 1, os.Interrupt},
		{"in the old application", strings.Replace(waiting, "time.Hour", "0 * time.Hour", 1), 2, syscall.SIGTERM},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.nth > 1 {
				onlyInLedger(t)
			}
			if err := os.WriteFile(source, []byte(tt.source), 0o666); err != nil {
				t.Fatal(err)
			}
			before, temp := contents(t, dir), t.TempDir()
			c := rollcallCommand(t, dir, temp, "order", "-app", "./shop.Options", "-since", "HEAD")
			lines := startWith(t, c)
			pid := waitingProcess(lines, tt.nth)
			wantInterrupted(t, c, lines, tt.signal)
			wantEnd(t, pid)
			wantSame(t, before, contents(t, dir))
			wantSame(t, map[string]string{temp: ""}, contents(t, temp))
		})
	}
}

// The same while the go command runs a compiler, which here is a script that waits.
func TestInterruptBuild(t *testing.T) {
	onlyInLedger(t)
	dir, _ := waitingModule(t)
	before, temp, tools := contents(t, dir), t.TempDir(), t.TempDir()
	fifo, tool := filepath.Join(tools, "fifo"), filepath.Join(tools, "tool")
	script := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in *application_test.go*) echo $$ >%s; exec sleep 3600;; esac\nexec \"$@\"\n", fifo)
	if err := errors.Join(syscall.Mkfifo(fifo, 0o600), os.WriteFile(tool, []byte(script), 0o700)); err != nil {
		t.Fatal(err)
	}
	c := rollcallCommand(t, dir, temp, "check", "-app", "./shop.Options")
	c.Env = append(c.Env, "GOFLAGS=-toolexec="+tool)
	lines := startWith(t, c)
	text, err := os.ReadFile(fifo) // waits for the script
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	wantInterrupted(t, c, lines, os.Interrupt)
	wantEnd(t, pid)
	wantSame(t, before, contents(t, dir))
	wantSame(t, map[string]string{temp: ""}, contents(t, temp))
}

func onlyInLedger(t *testing.T) {
	t.Helper()
	if os.Getenv("ROLLCALL_LEDGER") != "1" {
		t.Skip("set ROLLCALL_LEDGER=1")
	}
}

// waitingProcess returns the process that prints for the nth time that it waits.
func waitingProcess(lines *bufio.Scanner, nth int) int {
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "waiting "); ok {
			if nth--; nth == 0 {
				pid, _ := strconv.Atoi(text) // 0 is noticed
				return pid
			}
		}
	}
	return 0
}

// waitingModule returns a committed module with the application, and its source.
func waitingModule(t *testing.T) (dir, source string) {
	t.Helper()
	dir = t.TempDir()
	source = filepath.Join(dir, "shop", "shop.go")
	err := errors.Join(os.Mkdir(filepath.Dir(source), 0o777), os.WriteFile(source, []byte(waiting), 0o666), writeModule(dir, "example.org/shop"))
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "."}, {"commit", "--quiet", "--message", "first"}} {
		c := exec.Command("git", args...)
		c.Dir, c.Env = dir, append(os.Environ(), goEnvironment(t)...)
		err = errors.Join(err, c.Run())
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir, source
}

// rollcallCommand returns the command itself: TestMain makes it of the test program by its
// name.
func rollcallCommand(t *testing.T, dir, temp string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	link := filepath.Join(t.TempDir(), "rollcall")
	if err = errors.Join(err, os.Symlink(program, link)); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(link, args...)
	c.Dir, c.Env = dir, append(os.Environ(), append(goEnvironment(t), "TMPDIR="+temp, "GOWORK=off", "GOFLAGS=")...)
	return c
}

// startWith starts a command and returns the lines that it prints to standard error.
func startWith(t *testing.T, c *exec.Cmd) *bufio.Scanner {
	t.Helper()
	stderr, err := c.StderrPipe()
	if err = errors.Join(err, c.Start()); err != nil {
		t.Fatal(err)
	}
	return bufio.NewScanner(stderr)
}

// wantInterrupted sends a signal and waits for the end.
func wantInterrupted(t *testing.T, c *exec.Cmd, lines *bufio.Scanner, signal os.Signal) {
	t.Helper()
	if err := c.Process.Signal(signal); err != nil {
		t.Error(err)
	}
	last := ""
	for lines.Scan() {
		last = lines.Text()
	}
	err := c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitBad || last != "rollcall: interrupted" {
		t.Errorf("exit code %d, %v, last line %q", code, err, last)
	}
}

// wantEnd waits until a process has ended. The system may notice its end a little later.
func wantEnd(t *testing.T, pid int) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for pid != 0 && syscall.Kill(pid, 0) == nil && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if err := syscall.Kill(pid, 0); pid == 0 || !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is there: %v", pid, err)
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found, err := files(dir)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func wantSame(t *testing.T, before, after map[string]string) {
	t.Helper()
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("files are left:\n%s", diff)
	}
}
