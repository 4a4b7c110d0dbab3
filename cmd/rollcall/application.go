package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/internal/orderfile"
)

// reports returns the report of the application. If since is not "", the report of the
// application at that revision comes first. All files that this takes are in a temporary
// folder, which is removed at the end and when the process is interrupted.
//
// The application is built as a test of its own package, see overlay.go.
func (a *appFlags) reports(stderr io.Writer, since string) (reports []inspect.Report, f *failure) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	temp, err := os.MkdirTemp("", "rollcall-")
	if err != nil {
		return nil, failed(kindBuild, "%v", err)
	}
	defer func() {
		if err := os.RemoveAll(temp); err != nil {
			f = f.and(failed(kindBuild, "a temporary folder is left: %v", err))
		}
	}()
	pkg, name := a.split()
	b := &builder{commands{ctx, temp}, name, a.tags.value, stderr}
	reports, f = b.reports(pkg, since)
	if ctx.Err() != nil {
		return nil, failed(kindBuild, "interrupted")
	}
	return reports, f
}

// builder builds applications.
type builder struct {
	commands
	name   string // what -app names in the package
	tags   string
	stderr io.Writer // where applications write
}

func (b *builder) reports(pattern, since string) ([]inspect.Report, *failure) {
	here, f := b.workingTree(pattern)
	if f != nil {
		return nil, f
	}
	sources := []*source{here}
	if since != "" {
		then, f := b.revision(here, since)
		if f != nil {
			return nil, f
		}
		sources = []*source{then, here}
	}
	reports := make([]inspect.Report, len(sources))
	for i, s := range slices.Backward(sources) {
		if reports[i], f = b.report(s); f != nil {
			return nil, f.at(s.revision)
		}
	}
	return reports, nil
}

// source is the source code of an application: as it is, or at a revision.
type source struct {
	revision string   // "" for the working tree
	dir      string   // where the go command and the application run
	env      []string // further environment of the go command
	flags    []string // further flags of the go command
	pattern  string   // the package
	temp     string   // for generated files

	pkg      goPackage
	declared declaration // what -app names
}

// report builds an application and returns its report.
func (b *builder) report(s *source) (inspect.Report, *failure) {
	program, f := b.build(s)
	if f != nil {
		return inspect.Report{}, f
	}
	result := filepath.Join(s.temp, "result.json")
	err := b.run(call{dir: s.dir, env: []string{resultVariable + "=" + result}, stdout: b.stderr, stderr: b.stderr}, program)
	data, unread := os.ReadFile(result)
	switch {
	case errors.Is(unread, os.ErrNotExist):
		return inspect.Report{}, failed(kindApplication, "the application ended before fx.New returned: %s", ended(err))
	case unread != nil:
		return inspect.Report{}, failed(kindApplication, "%v", unread)
	}
	return decode(data, s.declared)
}

// ended says how a program has ended.
func ended(err error) string {
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return exit.Error()
	case err != nil:
		return err.Error()
	}
	return "exit status 0"
}

// decode returns the report in the result of an application.
func decode(data []byte, d declaration) (inspect.Report, *failure) {
	var result struct {
		Report   inspect.Report
		Unusable string // what is wrong with what -app names
		Error    string
		Problems []problem
	}
	if err := json.Unmarshal(data, &result); err != nil {
		return inspect.Report{}, failed(kindApplication, "the application's report: %v", err)
	}
	switch {
	case strings.HasPrefix(result.Unusable, "is a func("):
		return inspect.Report{}, failed(kindBuild, "%s %s: %s, so write a func() fx.Option that calls it", d, result.Unusable, wanted)
	case result.Unusable != "":
		return inspect.Report{}, failed(kindBuild, "%s %s: %s", d, result.Unusable, wanted)
	case result.Error != "":
		return inspect.Report{}, &failure{result.Error, withoutPositions(result.Problems)}
	}
	return result.Report, nil
}

// withoutPositions removes positions from the messages of problems that have them.
func withoutPositions(problems []problem) []problem {
	for i, p := range problems {
		at := orderfile.Error{File: p.File}
		at.Position.Line, at.Position.Column = p.Line, p.Column
		if p.File != "" {
			problems[i].Message = strings.ReplaceAll(strings.TrimPrefix(p.Message, at.Error()), "\n    ", "\n")
		}
	}
	return problems
}

// workingTree returns the source of an application as it is.
func (b *builder) workingTree(pattern string) (*source, *failure) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, failed(kindBuild, "%v", err)
	}
	s := &source{dir: dir, pattern: pattern, temp: filepath.Join(b.temp, "new")}
	if err := os.Mkdir(s.temp, 0o777); err != nil {
		return nil, failed(kindBuild, "%v", err)
	}
	if err := b.configure(s); err != nil {
		return nil, quoted(kindBuild, err.Error())
	}
	return s, b.find(s)
}
