package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// editable is what go work edit -json and go mod edit -json print.
type editable struct {
	Go      string
	Use     []struct{ DiskPath string }
	Replace []struct{ Old, New moduleVersion }
}

type moduleVersion struct{ Path, Version string }

// String returns the module as in a go.work file.
func (m moduleVersion) String() string {
	return strings.TrimSpace(strconv.Quote(m.Path) + " " + m.Version)
}

// isFolder reports whether a module is replaced by a folder.
func (m moduleVersion) isFolder() bool { return m.Version == "" }

// rewriteWorkspace writes a copy of a go.work file that names the folders of the tree.
func (b *builder) rewriteWorkspace(here, then *source, r *repository, file string) error {
	var work editable
	if err := b.goJSON(here, &work, "work", "edit", "-json", file); err != nil {
		return err
	}
	folder := func(path string) string {
		dir := absolute(filepath.Dir(file), path)
		if mapped, ok := r.inTree(dir); ok {
			return mapped
		}
		return dir
	}
	text := "go " + work.Go + "\n"
	for _, use := range work.Use {
		text += "use " + strconv.Quote(folder(use.DiskPath)) + "\n"
	}
	for _, x := range work.Replace {
		if x.New.isFolder() {
			x.New.Path = folder(x.New.Path)
		}
		text += "replace " + x.Old.String() + " => " + x.New.String() + "\n"
	}
	rewritten := filepath.Join(then.temp, "go.work")
	then.env = append(then.env, "GOWORK="+rewritten)
	if err := copyFile(file+".sum", rewritten+".sum"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(rewritten, []byte(text), 0o666)
}

// keepReplacements lets the go.mod file of the old source replace modules by the folders
// outside of the repository that its relative paths mean. A vendored module needs no folder.
func (b *builder) keepReplacements(then *source, r *repository, file string) error {
	dir, ok := r.inTree(filepath.Dir(file))
	if !ok || exists(filepath.Join(dir, "vendor", "modules.txt")) || !exists(filepath.Join(dir, "go.mod")) {
		return nil
	}
	old := filepath.Join(dir, "go.mod")
	var mod editable
	if err := b.goJSON(then, &mod, "mod", "edit", "-json", old); err != nil {
		return err
	}
	for _, x := range mod.Replace {
		if !x.New.isFolder() || filepath.IsAbs(x.New.Path) {
			continue
		}
		outside := absolute(filepath.Dir(file), x.New.Path)
		if _, ok := r.inTree(outside); ok {
			continue
		}
		name := x.Old.Path
		if x.Old.Version != "" {
			name += "@" + x.Old.Version
		}
		if _, err := b.goCommand(then, "mod", "edit", "-replace="+name+"="+outside, old); err != nil {
			return err
		}
	}
	return nil
}

// goJSON runs the go command and decodes what it prints.
func (b *builder) goJSON(s *source, value any, args ...string) error {
	out, err := b.goCommand(s, args...)
	if err != nil {
		return err
	}
	return json.Unmarshal(out, value)
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
