package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rollcall-go/rollcall/vet/internal/modules"
)

// command is the command, built once for all sessions. go vet runs it by its path.
var command string

func TestMain(m *testing.M) {
	if err := modules.Ready("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(withCommand(m))
}

func withCommand(m *testing.M) int {
	dir, err := os.MkdirTemp("", "rollcall-vet")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	command = filepath.Join(dir, "rollcall-vet")
	if runtime.GOOS == "windows" {
		command += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", command, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// TestScripts runs the sessions in testdata: the command as a user calls it, in a module
// that uses this project as it is here.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the packages of several modules")
	}
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: setup, Condition: condition, UpdateScripts: os.Getenv("ROLLCALL_UPDATE") == "1"})
}

// condition knows ledger: the long form of the sessions.
func condition(name string) (bool, error) {
	if name != "ledger" {
		return false, fmt.Errorf("unknown condition %s", name)
	}
	return os.Getenv("ROLLCALL_LEDGER") == "1", nil
}

// The version changes with a file that may be an order file, and with no other.
func TestVersion(t *testing.T) {
	module := t.TempDir()
	write := func(name string) {
		t.Helper()
		file := filepath.Join(module, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod")
	write("main/main.go")
	version := func() string {
		t.Helper()
		c := exec.Command(command, "-V=full")
		c.Dir, c.Env = filepath.Join(module, "main"), append(os.Environ(), "GOWORK=off")
		out, err := c.CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "rollcall-vet version devel buildID=") {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	before := version()
	for name, changes := range map[string]bool{
		"services.yaml": true, "config/order.yml": true, "main/testdata/order.yaml": true,
		"main/other.go": false, "order.json": false, ".github/ci.yaml": false, "vendor/x/order.yaml": false, "node_modules/x.yaml": false,
	} {
		write(name)
		after := version()
		if changed := after != before; changed != changes {
			t.Errorf("%s: the version changes: %t", name, changed)
		}
		before = after
	}
}

func setup(env *testscript.Env) error {
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOVERSION", "GOPROXY").Output()
	if err != nil {
		return err
	}
	values := strings.Split(string(out), "\n")
	env.Setenv("GOCACHE", values[0])
	env.Setenv("GOMODCACHE", values[1])
	env.Setenv("GOPROXY", values[3])
	env.Setenv("GOWORK", filepath.Join(env.WorkDir, "go.work"))
	env.Setenv("VETTOOL", command)
	env.Setenv("PATH", filepath.Dir(command)+string(os.PathListSeparator)+env.Getenv("PATH"))
	return workspace(env.WorkDir, strings.TrimPrefix(values[2], "go"))
}

// workspace writes a go.work file with this project and the module shop of a session.
func workspace(dir, version string) error {
	text := "go " + version + "\n\nuse ./shop\n"
	for _, module := range []string{"../../..", "../.."} {
		path, err := filepath.Abs(module)
		if err != nil {
			return err
		}
		text += "use " + strconv.Quote(path) + "\n"
	}
	return os.WriteFile(filepath.Join(dir, "go.work"), []byte(text), 0o666)
}
