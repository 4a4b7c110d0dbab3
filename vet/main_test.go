package vet_test

import (
	"os"
	"testing"
)

// Packages are loaded by go list. Flags for the tests, such as -cover, would change them.
func TestMain(m *testing.M) {
	_ = os.Unsetenv("GOFLAGS")
	os.Exit(m.Run())
}
