package vet_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/vet/internal/bigshop"
)

// shop is the application of 60 modules in a folder of its own.
type shop struct {
	dir   string
	files map[string]string
	env   []string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	files, err := bigshop.Files()
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	s := &shop{dir: filepath.Join(parent, "bigshop"), files: files}
	if err := bigshop.Write(s.dir); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(parent, "go.work")
	writeFile(t, work, "go "+strings.TrimPrefix(goVersion(t), "go")+"\n\nuse ./bigshop\nuse "+strconv.Quote(root)+"\n")
	s.env = append(os.Environ(), "GOWORK="+work, "GOFLAGS=")
	return s
}

func goVersion(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOVERSION").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// with makes a mistake until the returned function is called. It returns the changed
// files.
func (s *shop) with(t *testing.T, m mistake) (changed map[string]string, undo func()) {
	t.Helper()
	changed, ok := m.apply(s.files)
	if !ok {
		t.Fatalf("%s: nothing to change", m.name)
	}
	for file, text := range changed {
		writeFile(t, s.path(file), text)
	}
	return changed, func() {
		for file := range changed {
			writeFile(t, s.path(file), s.files[file])
		}
	}
}

func (s *shop) path(file string) string { return filepath.Join(s.dir, filepath.FromSlash(file)) }

// run runs a command of Go in the application and returns what it prints.
func (s *shop) run(arguments ...string) (string, error) {
	c := exec.Command("go", arguments...)
	c.Dir, c.Env = s.dir, s.env
	out, err := c.CombinedOutput()
	return string(out), err
}

func allMistakes() []mistake {
	return slices.Concat(mistakesInAPackage, mistakesOfAFile, mistakesAcrossPackages)
}

// The application starts as it is. With a mistake, it says what the analyzer says.
func TestMistakesAtStart(t *testing.T) {
	if os.Getenv("ROLLCALL_LEDGER") != "1" {
		t.Skip("it builds the application once for each mistake: set ROLLCALL_LEDGER=1")
	}
	s := newShop(t)
	if out, err := s.run("run", "."); err != nil || out != "" {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, m := range allMistakes() {
		if m.own {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			_, undo := s.with(t, m)
			defer undo()
			out, err := s.run("run", ".")
			if err == nil || !strings.Contains(unindented(out), m.want) || !strings.Contains(out, m.also) {
				t.Errorf("no %q in\n%s", m.want, out)
			}
		})
	}
}

// unindented undoes what the application does to reports of several lines.
func unindented(text string) string { return strings.ReplaceAll(text, "\n    ", "\n") }
