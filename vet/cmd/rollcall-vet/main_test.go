package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// wrong is a package with reports in its Go files, and ordered one with reports in an order
// file.
const wrong, ordered = "../../testdata/targets", "../../testdata/orderfiles"

// tool returns the path of the command, as it is built for users.
func tool(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "rollcall-vet")
	if out, err := exec.Command("go", "build", "-o", name, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name
}

// output runs a command, which must fail because there are reports.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err == nil {
		t.Errorf("%s %v succeeds\n%s", name, args, out)
	}
	return string(out)
}

func TestVettool(t *testing.T) {
	name := tool(t)
	out := output(t, "go", "vet", "-vettool="+name, wrong, ordered)
	for _, want := range []string{
		"targets.go:24:43: 1 (targets/targets.go:24) must run after recipes.Indxer, but no listener has that ID: did you mean recipes.Indexer?",
		"order.yaml:6:40: order.yaml:6:40: the application has no event recipe.creatd, did you mean recipe.created?",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	// go vet prints the packages in any order.
	lines := func(text string) []string { return slices.Sorted(strings.SplitSeq(text, "\n")) }
	if alone := output(t, name, wrong, ordered); !slices.Equal(lines(alone), lines(out)) {
		t.Errorf("alone, it prints\n%s\nand as a tool\n%s", alone, out)
	}
}

// With -json, the reports have their categories and fixes, also for packages that have none.
func TestJSON(t *testing.T) {
	out, err := exec.Command("go", "vet", "-json", "-vettool="+tool(t), wrong, "../../testdata/recipes").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{`"category": "unknowntarget"`, `"new": "recipes.Indexer"`, `"message": "Replace recipes.Indxer with recipes.Indexer"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("there is no %s in\n%s", want, out)
		}
	}
}

func TestNoPackage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"help"}, "report mistakes in the use of rollcall"},
		{[]string{"./nowhere"}, "nowhere"},
	} {
		out, _ := exec.Command(tool(t), c.args...).CombinedOutput()
		if !strings.Contains(string(out), c.want) {
			t.Errorf("%v: there is no %q in\n%s", c.args, c.want, out)
		}
	}
}
