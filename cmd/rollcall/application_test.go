package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestApplications runs the sessions with -app. The rarer ones run with ROLLCALL_LEDGER=1.
func TestApplications(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds several programs")
	}
	environment := goEnvironment(t)
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "app"),
		UpdateScripts: os.Getenv("ROLLCALL_UPDATE") == "1",
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, environment...)
			e.Values[snapshotKey] = map[string]string{}
			return nil
		},
		Condition: func(condition string) (bool, error) {
			if condition != "ledger" {
				return false, fmt.Errorf("unknown condition %q", condition)
			}
			return os.Getenv("ROLLCALL_LEDGER") == "1", nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"module": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(writeModule(ts.MkAbs("."), args[0]))
			},
			"commit": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(ts.Exec("git", "add", "--all", "."))
				ts.Check(ts.Exec("git", "commit", "--quiet", "--message", args[0]))
			},
			"snapshot":  takeSnapshot,
			"unchanged": wantUnchanged,
		},
	})
}

const snapshotKey = "snapshot"

// takeSnapshot is the command snapshot, which keeps what a session has in its folder.
func takeSnapshot(ts *testscript.TestScript, _ bool, _ []string) {
	now, err := files(ts.Getenv("WORK"))
	ts.Check(err)
	kept := ts.Value(snapshotKey).(map[string]string)
	clear(kept)
	maps.Copy(kept, now)
}

// wantUnchanged is the command unchanged, which fails if a session has something else in its
// folder than at its snapshot. The folder has that for temporary files in it, too.
func wantUnchanged(ts *testscript.TestScript, _ bool, _ []string) {
	now, err := files(ts.Getenv("WORK"))
	ts.Check(err)
	if diff := cmp.Diff(ts.Value(snapshotKey), now); diff != "" {
		ts.Fatalf("files have changed:\n%s", diff)
	}
}

// goEnvironment returns the variables by which sessions use the caches of this process, and
// Git without a user's configuration.
func goEnvironment(t *testing.T) []string {
	t.Helper()
	names := []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOTOOLCHAIN"}
	out, err := exec.Command("go", append([]string{"env", "-json"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]string
	if err := json.Unmarshal(out, &values); err != nil {
		t.Fatal(err)
	}
	environment := []string{"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@localhost", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@localhost"}
	for _, name := range names {
		environment = append(environment, name+"="+values[name])
	}
	return environment
}

// writeModule writes a go.mod file of a module that requires this one, as it is here, and
// the same dependencies.
func writeModule(dir, path string) error {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return err
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	const rollcall = "github.com/rollcall-go/rollcall"
	text := strings.Replace(string(mod), "module "+rollcall, "module "+path, 1) + "\nrequire " + rollcall + " v0.0.0\n\nreplace " + rollcall + " => " + root + "\n"
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o666)
}

// files returns the content of all files of a folder, and its folders.
func files(dir string) (map[string]string, error) {
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			found[path] = ""
			return err
		}
		data, err := os.ReadFile(path)
		found[path] = string(data)
		return err
	})
	return found, err
}
