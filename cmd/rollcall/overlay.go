package main

import (
	"embed"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// An application is built as the test of its own package, by go test -c with two test files
// that exist only in the flag -overlay:
//
//   - one in the package, which sees the name also if it is unexported or the package is
//     main;
//   - one in the external test package, which can't clash with names of the package. It has
//     the TestMain that calls fx.New and writes the report to a file.
//
// The overlay also hides the test files of the package. So their TestMain does not run, and
// they need not compile. Both files import only what every application imports, directly or
// not: so a vendor folder has it. The program is not run by go test, but in the working
// directory, as go run does.

//go:embed overlay
var overlayFiles embed.FS

// resultVariable is the environment variable with the file that the program writes.
const resultVariable = "ROLLCALL_RESULT"

// build builds the program that writes the report of an application.
func (b *builder) build(s *source) (program string, f *failure) {
	overlay, err := b.writeOverlay(s)
	if err != nil {
		return "", failed(kindBuild, "%v", err)
	}
	program = filepath.Join(s.temp, "application.exe") // the ending counts on Windows alone
	args := slices.Concat([]string{"test", "-c", "-vet=off", "-o", program, "-overlay", overlay}, b.buildFlags(s), []string{s.pattern})
	if _, err := b.goCommand(s, args...); err != nil {
		return "", quoted(kindBuild, asBuild(err.Error()))
	}
	return program, nil
}

// testVariant is what the go command adds to the name of a package that it builds for a test.
var testVariant = regexp.MustCompile(`(?m)^(# \S+) \[\S+\.test\]$`)

// asBuild returns what go build would print instead of go test.
func asBuild(text string) string { return testVariant.ReplaceAllString(text, "$1") }

// writeOverlay writes the generated files and returns the file for the flag -overlay.
func (b *builder) writeOverlay(s *source) (string, error) {
	replace := map[string]string{}
	for _, test := range slices.Concat(s.pkg.TestGoFiles, s.pkg.XTestGoFiles) {
		replace[filepath.Join(s.pkg.Dir, test)] = ""
	}
	names := strings.NewReplacer("PACKAGE", s.pkg.Name, "IMPORTPATH", s.pkg.ImportPath, "NAME", b.name)
	for _, file := range []string{"application_test.go", "report_test.go"} {
		generated := filepath.Join(s.temp, file)
		template, err := overlayFiles.ReadFile("overlay/" + file + ".txt")
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(generated, []byte(names.Replace(string(template))), 0o666); err != nil {
			return "", err
		}
		replace[filepath.Join(s.pkg.Dir, "rollcall_"+file)] = generated
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(s.temp, "overlay.json")
	return overlay, os.WriteFile(overlay, data, 0o666)
}
