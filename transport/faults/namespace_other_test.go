//go:build !linux

package faults_test

func inNamespace() bool { return false }
