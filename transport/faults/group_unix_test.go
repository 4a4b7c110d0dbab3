//go:build unix

package faults_test

import (
	"os/exec"
	"syscall"
)

// ownGroup has a program and all that it starts be a group of processes.
func ownGroup(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func signalGroup(c *exec.Cmd, s syscall.Signal) { _ = syscall.Kill(-c.Process.Pid, s) }
