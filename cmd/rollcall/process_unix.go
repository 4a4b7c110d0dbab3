//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// inGroup makes the command start a process group, so that the programs that it starts end
// with it.
func inGroup(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// interruptGroup asks all processes of the group to end.
func interruptGroup(c *exec.Cmd) error { return syscall.Kill(-c.Process.Pid, syscall.SIGINT) }

// killGroup ends the processes of the group that are left.
func killGroup(c *exec.Cmd) {
	if c.Process != nil {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // there may be none left
	}
}
