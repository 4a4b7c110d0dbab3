package main

import (
	"encoding/json"
	"go/token"
	"io"

	"golang.org/x/tools/go/analysis"
)

// The reports of a unit as go vet reads them.
type (
	jsonReport struct {
		Category string       `json:"category,omitempty"`
		Posn     string       `json:"posn"`
		End      string       `json:"end"`
		Message  string       `json:"message"`
		Fixes    []jsonFix    `json:"suggested_fixes,omitempty"`
		Related  []jsonReport `json:"related,omitempty"`
	}
	jsonFix struct {
		Message string     `json:"message"`
		Edits   []jsonEdit `json:"edits"`
	}
	jsonEdit struct {
		Filename string `json:"filename"`
		Start    int    `json:"start"`
		End      int    `json:"end"`
		New      string `json:"new"`
	}
)

// writeJSON writes the reports of one analyzer about a package.
func writeJSON(w io.Writer, fset *token.FileSet, id, analyzer string, found []analysis.Diagnostic) error {
	tree := map[string]map[string][]jsonReport{}
	if len(found) > 0 {
		tree[id] = map[string][]jsonReport{analyzer: reportsOf(fset, found)}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "\t")
	return encoder.Encode(tree)
}

func reportsOf(fset *token.FileSet, found []analysis.Diagnostic) []jsonReport {
	var list []jsonReport
	for _, d := range found {
		r := reportAt(fset, d.Pos, d.End, d.Message)
		r.Category = d.Category
		for _, related := range d.Related {
			r.Related = append(r.Related, reportAt(fset, related.Pos, related.End, related.Message))
		}
		for _, f := range d.SuggestedFixes {
			r.Fixes = append(r.Fixes, fixOf(fset, f))
		}
		list = append(list, r)
	}
	return list
}

func reportAt(fset *token.FileSet, pos, end token.Pos, message string) jsonReport {
	if !end.IsValid() {
		end = pos
	}
	return jsonReport{Posn: fset.Position(pos).String(), End: fset.Position(end).String(), Message: message}
}

func fixOf(fset *token.FileSet, f analysis.SuggestedFix) jsonFix {
	fix := jsonFix{Message: f.Message}
	for _, e := range f.TextEdits {
		at := fset.Position(e.Pos)
		fix.Edits = append(fix.Edits, jsonEdit{at.Filename, at.Offset, fset.Position(e.End).Offset, string(e.NewText)})
	}
	return fix
}
