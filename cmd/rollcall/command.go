package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// commands runs other programs until its context ends.
type commands struct {
	ctx  context.Context
	temp string // for temporary files of the go command, too
}

// call is one run of a program.
type call struct {
	dir    string
	env    []string // in addition to this process's
	stdout io.Writer
	stderr io.Writer
}

// patience is how long an interrupted program may take to end.
const patience = 5 * time.Second

// run runs a program with all that it starts. If the context ends, the programs are
// interrupted, and killed after a while.
func (c *commands) run(in call, name string, args ...string) error {
	cmd := exec.CommandContext(c.ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = in.dir, in.stdout, in.stderr
	cmd.Env = append(withoutGit(os.Environ()), in.env...)
	inGroup(cmd)
	cmd.Cancel = func() error { return interruptGroup(cmd) }
	cmd.WaitDelay = patience
	err := cmd.Run()
	killGroup(cmd)
	if errors.Is(err, exec.ErrWaitDelay) { // it has ended well; what it started has not
		return nil
	}
	return err
}

// output runs a program and returns what it prints. The error's text is what the program
// prints to standard error, if it prints anything there.
func (c *commands) output(in call, name string, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	in.stdout, in.stderr = &stdout, &stderr
	err := c.run(in, name, args...)
	if err != nil && strings.TrimSpace(stderr.String()) != "" {
		err = errors.New(strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), err
}

// withoutGit returns an environment without the variables by which a Git hook says which
// repository it is run for.
func withoutGit(environment []string) []string {
	var kept []string
	for _, e := range environment {
		switch name, _, _ := strings.Cut(e, "="); name {
		case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX":
		default:
			kept = append(kept, e)
		}
	}
	return kept
}
