// Package modules readies tests that load packages by the go command.
package modules

import (
	"fmt"
	"os"
	"os/exec"
)

// Ready downloads the modules that a module needs, and removes GOFLAGS from the
// environment. Call it in TestMain. The loader of packages downloads nothing, and commands
// print what they download. Flags for the tests, such as -cover, would change the packages.
func Ready(dir string) error {
	if err := os.Unsetenv("GOFLAGS"); err != nil {
		return err
	}
	c := exec.Command("go", "mod", "download")
	c.Dir, c.Env = dir, append(os.Environ(), "GOWORK=off")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go mod download in %s: %w\n%s", dir, err, out)
	}
	return nil
}
