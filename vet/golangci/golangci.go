// Package golangci makes package vet a plugin of golangci-lint, as a linter with the name
// rollcall. Name the package in .custom-gcl.yml, and build golangci-lint with it by the
// command golangci-lint custom. Package vet describes what it reports.
package golangci

import (
	"fmt"
	"strings"

	"github.com/golangci/plugin-module-register/register"
	"golang.org/x/tools/go/analysis"

	"github.com/rollcall-go/rollcall/vet"
)

// golangci-lint finds a plugin by what its package registers when it is initialized.
func init() { register.Plugin(vet.Analyzer.Name, newPlugin) }

type plugin struct{}

// newPlugin returns the plugin. The linter has no settings, so any are an error.
func newPlugin(settings any) (register.LinterPlugin, error) {
	if _, err := register.DecodeSettings[struct{}](settings); err != nil {
		return nil, fmt.Errorf("the linter %s has no settings: remove them from .golangci.yml: %w", vet.Analyzer.Name, err)
	}
	return plugin{}, nil
}

func (plugin) BuildAnalyzers() ([]*analysis.Analyzer, error) {
	return []*analysis.Analyzer{inGoFiles(vet.Analyzer)}, nil
}

// inGoFiles returns an analyzer that reports problems of order files where Go code reads the
// file, because golangci-lint drops reports about files of other languages. The message has
// the line of the file.
func inGoFiles(a *analysis.Analyzer) *analysis.Analyzer {
	moved := *a
	moved.Run = func(pass *analysis.Pass) (any, error) {
		inner := *pass
		inner.Report = func(d analysis.Diagnostic) {
			if file := pass.Fset.Position(d.Pos).Filename; !strings.HasSuffix(file, ".go") && len(d.Related) > 0 {
				d.Pos, d.End, d.SuggestedFixes = d.Related[0].Pos, d.Related[0].End, nil
			}
			pass.Report(d)
		}
		return a.Run(&inner)
	}
	return &moved
}

// GetLoadMode returns the mode in which packages have types, and facts of what they import.
func (plugin) GetLoadMode() string { return register.LoadModeTypesInfo }
