package vet_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/vet"
	"github.com/rollcall-go/rollcall/vet/internal/program"
)

// load loads the application as the analyzer sees it.
func (s *shop) load(t *testing.T) *program.Program {
	t.Helper()
	p, err := program.Load(s.dir, s.env, func(path string) bool {
		return path == "bigshop" || strings.HasPrefix(path, "bigshop/")
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// An application of 60 modules has no mistakes. Each of those that are made in it is found,
// at its place, and nothing else.
func TestMistakes(t *testing.T) {
	s := newShop(t)
	p := s.load(t)
	if found := s.analyze(t, p); len(found) > 0 {
		t.Errorf("reports without a mistake: %v", found)
	}
	for _, m := range allMistakes() {
		t.Run(m.name, func(t *testing.T) { s.finds(t, p, m) })
	}
	if n := len(allMistakes()); n != 66 {
		t.Errorf("%d mistakes, but docs/vet.md says 66", n)
	}
}

func (s *shop) analyze(t *testing.T, p *program.Program, changed ...string) []program.Finding {
	t.Helper()
	found, err := p.Analyze(vet.Analyzer, changed...)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// finds fails if a mistake is not found.
func (s *shop) finds(t *testing.T, p *program.Program, m mistake) {
	changed, undo := s.with(t, m)
	defer undo()
	var files []string
	for file := range changed {
		files = append(files, s.path(file))
	}
	found := s.analyze(t, p, files...)
	file, line := m.place(s.files, changed)
	if i := slices.IndexFunc(found, func(f program.Finding) bool { return m.also != "" && strings.Contains(f.Message, m.also) }); i >= 0 {
		found = slices.Delete(found, i, i+1)
	} else if m.also != "" {
		t.Errorf("no report %s", m.also)
	}
	for _, f := range found {
		if !strings.Contains(f.Message, m.want) || f.Position.Filename != s.path(file) || f.Position.Line != line {
			t.Errorf("want %s:%d: %s\ngot  %s:%d: %s", file, line, m.want, s.short(f.Position.Filename), f.Position.Line, f.Message)
		}
	}
	switch {
	case len(found) == 0:
		t.Errorf("no report, want %s:%d: %s", file, line, m.want)
	case m.fixed:
		s.fixes(t, m, changed, found[0].Fixes)
	}
}

func (s *shop) short(file string) string {
	short, err := filepath.Rel(s.dir, file)
	if err != nil {
		return file
	}
	return filepath.ToSlash(short)
}

// fixes fails if the first suggested fix does not undo the mistake.
func (s *shop) fixes(t *testing.T, m mistake, changed map[string]string, fixes [][]program.Edit) {
	if len(fixes) == 0 || len(fixes[0]) != 1 {
		t.Fatalf("fixes %v, want one with one edit", fixes)
	}
	e := fixes[0][0]
	text := changed[s.short(e.File)]
	if got := text[:e.Start] + e.NewText + text[e.End:]; got != s.files[s.short(e.File)] {
		t.Errorf("the fix changes %q to %q", text[e.Start:e.End], e.NewText)
	}
}
