package vet_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.uber.org/fx"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet"
	"github.com/rollcall-go/rollcall/vet/testdata/building"
	"github.com/rollcall-go/rollcall/vet/testdata/contributions"
	"github.com/rollcall-go/rollcall/vet/testdata/embedded"
	"github.com/rollcall-go/rollcall/vet/testdata/emits"
	"github.com/rollcall-go/rollcall/vet/testdata/events"
	"github.com/rollcall-go/rollcall/vet/testdata/groups"
	"github.com/rollcall-go/rollcall/vet/testdata/listeners"
	"github.com/rollcall-go/rollcall/vet/testdata/lists"
	"github.com/rollcall-go/rollcall/vet/testdata/missing"
	"github.com/rollcall-go/rollcall/vet/testdata/nomodule"
	"github.com/rollcall-go/rollcall/vet/testdata/orderfiles"
	"github.com/rollcall-go/rollcall/vet/testdata/receivers"
	"github.com/rollcall-go/rollcall/vet/testdata/rules"
	"github.com/rollcall-go/rollcall/vet/testdata/silent"
	"github.com/rollcall-go/rollcall/vet/testdata/strict"
	"github.com/rollcall-go/rollcall/vet/testdata/tagtext"
	"github.com/rollcall-go/rollcall/vet/testdata/targets"
	"github.com/rollcall-go/rollcall/vet/testdata/transports"
	"github.com/rollcall-go/rollcall/vet/testdata/twice"
)

// packages returns the packages under testdata, which patterns with ... leave out.
func packages(t *testing.T) []string {
	t.Helper()
	var list []string
	err := fs.WalkDir(os.DirFS("."), "testdata", func(name string, d fs.DirEntry, err error) error {
		if dir := "./" + path.Dir(name); strings.HasSuffix(name, ".go") && !slices.Contains(list, dir) {
			list = append(list, dir)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// applications have mistakes that the analyzer reports, by the package that builds them.
var applications = map[string][]func() *fx.App{
	"building": building.Applications, "contributions": contributions.Applications, "embedded": embedded.Applications, "emits": emits.Applications, "events": events.Applications, "groups": groups.Applications,
	"listeners": listeners.Applications, "lists": lists.Applications, "missing": missing.Applications, "nomodule": nomodule.Applications,
	"orderfiles": orderfiles.Applications, "receivers": receivers.Applications, "rules": rules.Applications, "strict": strict.Applications, "tagtext": tagtext.Applications,
	"targets": targets.Applications, "transports": transports.Applications, "twice": twice.Applications,
}

// fine are applications in which the analyzer must find nothing.
var fine = map[string][]func() *fx.App{
	"embedded": embedded.Fine, "emits": emits.Fine, "groups": groups.Fine, "missing": missing.Fine, "rules": rules.Fine, "silent": silent.Fine, "strict": strict.Fine, "transports": transports.Fine,
}

// inOtherWords are categories of problems that the container reports, or nothing does.
var inOtherWords = []string{"group", "noevent", "nocomponent", "earlyemit", "twice"}

// One load of the packages serves all checks: the reports are those that the comments want,
// they are in the words of the applications, and the applications have no other problems.
func TestReports(t *testing.T) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the applications log what they lack
	unwanted := categories(t)
	for _, result := range analysistest.RunWithSuggestedFixes(goFiles{t}, ".", vet.Analyzer, packages(t)...) {
		checkOrderFiles(t, result)
		for _, d := range result.Diagnostics {
			checkFixes(t, d)
			unwanted = slices.DeleteFunc(unwanted, func(c string) bool { return c == d.Category })
		}
		name := path.Base(result.Pass.Pkg.Path())
		apps, known := applications[name]
		if !known || !strings.HasSuffix(result.Pass.Pkg.Path(), "testdata/"+name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			said := problemsOf(t, apps)
			reported := map[string]bool{}
			for _, d := range result.Diagnostics {
				reported[d.Message] = true
				if !slices.Contains(said, d.Message) && !slices.Contains(inOtherWords, d.Category) && !isSilent(d.Message) {
					t.Errorf("no application says: %s", d.Message)
				}
			}
			for _, text := range said {
				if !reported[text] {
					t.Errorf("not reported: %s", text)
				}
			}
		})
	}
	if len(unwanted) > 0 {
		t.Errorf("no package under testdata has a report of the categories %q", unwanted)
	}
}

// checkFixes fails if a suggested fix replaces a name with itself.
func checkFixes(t *testing.T, d analysis.Diagnostic) {
	t.Helper()
	for _, f := range d.SuggestedFixes {
		old, near, _ := strings.Cut(strings.TrimPrefix(f.Message, "Replace "), " with ")
		if old == near {
			t.Errorf("%s: %s", d.Message, f.Message)
		}
	}
}

// isSilent reports whether the container ignores what a message reports.
func isSilent(message string) bool {
	return strings.HasPrefix(message, "fxevents.AsListener at ") || strings.HasPrefix(message, "fxevents.Contribute at ")
}

// goFiles passes on the errors of package analysistest that are about Go files. The package
// does not read the comments of order files.
type goFiles struct{ *testing.T }

func (g goFiles) Errorf(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !strings.Contains(text, ".yaml") {
		g.Error(text)
	}
}

// wanted matches the comment of a line with what is wanted there, and each of its patterns.
var wanted, pattern = regexp.MustCompile("# want (`.*`)$"), regexp.MustCompile("`([^`]*)`")

// checkOrderFiles compares the reports in order files with the comments there.
func checkOrderFiles(t *testing.T, result *analysistest.Result) {
	got := map[string][]string{}
	for _, d := range result.Diagnostics {
		if at := result.Pass.Fset.Position(d.Pos); strings.HasSuffix(at.Filename, ".yaml") {
			place := fmt.Sprintf("%s:%d", at.Filename, at.Line)
			got[place] = append(got[place], d.Message)
		}
	}
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(result.Pass.Fset.Position(result.Pass.Files[0].Pos()).Filename), "*.yaml"))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := os.ReadFile(file + ".golden"); err == nil && string(want) != fixed(t, result, file) {
			t.Errorf("%s: the fixes make\n%s", file, fixed(t, result, file))
		}
		for i, line := range strings.Split(string(data), "\n") {
			place := fmt.Sprintf("%s:%d", file, i+1)
			var want [][]string
			if comment := wanted.FindStringSubmatch(line); comment != nil {
				want = pattern.FindAllStringSubmatch(comment[1], -1)
			}
			if len(want) != len(got[place]) {
				t.Errorf("%s: got %d reports, want %d: %q", place, len(got[place]), len(want), got[place])
			}
			for _, w := range want {
				if !slices.ContainsFunc(got[place], regexp.MustCompile(w[1]).MatchString) {
					t.Errorf("%s: no report matches %s: %q", place, w[1], got[place])
				}
			}
		}
	}
}

// fixed returns the text of a file after all suggested fixes.
func fixed(t *testing.T, result *analysistest.Result, file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var edits []analysis.TextEdit
	for _, d := range result.Diagnostics {
		if result.Pass.Fset.Position(d.Pos).Filename == file {
			for _, f := range d.SuggestedFixes {
				edits = append(edits, f.TextEdits...)
			}
		}
	}
	slices.SortFunc(edits, func(a, b analysis.TextEdit) int { return int(b.Pos - a.Pos) }) // from the end
	for _, e := range edits {
		from, to := result.Pass.Fset.Position(e.Pos).Offset, result.Pass.Fset.Position(e.End).Offset
		data = slices.Concat(data[:from], e.NewText, data[to:])
	}
	return string(data)
}

// literal matches how an application calls a function literal. Its number depends on others.
var literal = regexp.MustCompile(`^\S*\.func\d+ \([^)]*\), contributed at`)

// problemsOf returns the texts of all problems that applications have at start.
func problemsOf(t *testing.T, apps []func() *fx.App) []string {
	t.Helper()
	var texts []string
	for _, build := range apps {
		err := build().Err()
		if err == nil {
			t.Error("an application has no problem")
		}
		var assembly *fxevents.AssemblyError
		if errors.As(err, &assembly) {
			for _, problem := range assembly.Problems {
				texts = append(texts, literal.ReplaceAllString(problem.Error(), "the value contributed at"))
			}
		}
	}
	return texts
}

func TestFineApplications(t *testing.T) {
	for name, apps := range fine {
		for i, build := range apps {
			if err := build().Err(); err != nil {
				t.Errorf("%s %d: %v", name, i, err)
			}
		}
	}
}
