package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// configure sets what the go command needs to leave the tree as it is. The debugging
// information is left out, because linking takes longest. GOFLAGS of the user come last and
// prevail.
func (b *builder) configure(s *source) error {
	var settings struct{ GOMOD, GOFLAGS string }
	if err := b.goEnv(s, &settings, "GOMOD", "GOFLAGS"); err != nil {
		return err
	}
	s.env = append(s.env, "GOFLAGS="+strings.TrimSpace("-ldflags=-w "+settings.GOFLAGS))
	mayWrite := strings.Contains(settings.GOFLAGS, "-mod=mod") && !strings.Contains(settings.GOFLAGS, "-modfile")
	if !mayWrite || settings.GOMOD == "" || settings.GOMOD == os.DevNull {
		return nil
	}
	return s.copyModFile(settings.GOMOD)
}

// copyModFile lets the go command write to a copy of go.mod and go.sum.
func (s *source) copyModFile(file string) error {
	copied := filepath.Join(s.temp, "go.mod")
	if err := copyFile(file, copied); err != nil {
		return err
	}
	err := copyFile(strings.TrimSuffix(file, ".mod")+".sum", filepath.Join(s.temp, "go.sum"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	s.flags = append(s.flags, "-modfile="+copied)
	return nil
}

// goEnv reads variables of go env into the fields of a struct.
func (b *builder) goEnv(s *source, variables any, names ...string) error {
	return b.goJSON(s, variables, append([]string{"env", "-json"}, names...)...)
}

// goCommand runs the go command and returns what it prints.
func (b *builder) goCommand(s *source, args ...string) ([]byte, error) {
	work := filepath.Join(b.temp, "go-build")
	if err := os.MkdirAll(work, 0o777); err != nil {
		return nil, err
	}
	out, err := b.output(call{dir: s.dir, env: append([]string{"GOTMPDIR=" + work}, s.env...)}, "go", args...)
	if errors.Is(err, exec.ErrNotFound) {
		err = fmt.Errorf("rollcall: -app needs the go command: %w", err)
	}
	return out, err
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o666)
}

// goJSON runs the go command and decodes what it prints.
func (b *builder) goJSON(s *source, value any, args ...string) error {
	out, err := b.goCommand(s, args...)
	if err != nil {
		return err
	}
	return json.Unmarshal(out, value)
}
