//go:build !unix

package main

import "os/exec"

// inGroup does nothing: there are no process groups.
func inGroup(*exec.Cmd) {}

// interruptGroup ends the process.
func interruptGroup(c *exec.Cmd) error { return c.Process.Kill() }

// killGroup does nothing.
func killGroup(*exec.Cmd) {}
