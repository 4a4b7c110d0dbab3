//go:build !unix

package faults_test

import (
	"os/exec"
	"syscall"
)

func ownGroup(*exec.Cmd) {}

func signalGroup(c *exec.Cmd, _ syscall.Signal) { _ = c.Process.Kill() }
