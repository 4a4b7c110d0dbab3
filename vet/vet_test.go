package vet_test

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/rollcall-go/rollcall/vet"
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

func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, ".", vet.Analyzer, packages(t)...)
}
