package faults_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// namespaceVariable has the file for the result of a test that runs in a
// namespace of its own.
const namespaceVariable = "ROLLCALL_FAULTS_NAMESPACE"

func inNamespace() bool { return os.Getenv(namespaceVariable) != "" }

// inOwnNamespace runs the same test in another process that sees mounts of its
// own: they are gone with it, however it ends.
func inOwnNamespace(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "result")
	c := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v", fmt.Sprint("-fulldisks=", *fullDisks))
	c.Env = append(os.Environ(), namespaceVariable+"="+file)
	c.SysProcAttr = namespace()
	out, err := c.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM):
		testserver.Missing(t, "no mounting here: run it as root, or where user namespaces are allowed")
	case err != nil:
		t.Fatalf("%v: %s", err, told(out))
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("skipped in its namespace: %s", told(out))
	}
	var r result
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", told(out))
	addResult(t, r)
}

// told is what a test has told, without the lines by which a test begins.
func told(output []byte) []byte { return beginnings.ReplaceAll(output, nil) }

var beginnings = regexp.MustCompile(`(?m)^=== .*\n`)

// namespace is one for mounts; who is not root needs one for users too.
func namespace() *syscall.SysProcAttr {
	if os.Geteuid() == 0 {
		return &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	}
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
}

// handOver leaves the result of this process for the one outside.
func handOver(t *testing.T, r result) {
	t.Helper()
	text, err := json.Marshal(r)
	if err == nil {
		err = os.WriteFile(os.Getenv(namespaceVariable), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// mount makes a small file system in memory.
func mount(t *testing.T, size string) (directory string) {
	t.Helper()
	directory = t.TempDir()
	if err := syscall.Mount("faults", directory, "tmpfs", 0, "size="+size); err != nil {
		testserver.Missing(t, "mounting a tmpfs: "+err.Error())
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(directory, 0); err != nil {
			t.Error(err)
		}
	})
	return directory
}
