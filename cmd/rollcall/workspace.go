package main

import (
	"errors"
	"os"
	"path/filepath"
)

// editable is what go work edit -json and go mod edit -json print.
type editable struct {
	Use     []struct{ DiskPath string }
	Replace []struct{ Old, New moduleVersion }
}

type moduleVersion struct{ Path, Version string }

// String returns the module as the flag -replace takes it.
func (m moduleVersion) String() string {
	if m.Version == "" {
		return m.Path
	}
	return m.Path + "@" + m.Version
}

// isFolder reports whether what replaces a module is a folder.
func (m moduleVersion) isFolder() bool { return m.Version == "" }

// keepWorkspace sets the go.work file of the old source. The file is that of the revision,
// or the present one if Git does not have it. If Git has it only since then, there is none.
func (b *builder) keepWorkspace(here, then *source, r *repository, file, modFile string) error {
	from := file
	if mapped, ok := r.inTree(filepath.Dir(file)); ok {
		old := filepath.Join(mapped, filepath.Base(file))
		switch {
		case exists(old):
			from = old
		case r.hasFile(file):
			then.env = append(then.env, "GOWORK=off")
			return b.keepReplacements(then, r, modFile)
		}
	}
	copied := filepath.Join(then.temp, "go.work")
	then.env = append(then.env, "GOWORK="+copied)
	if err := copyFile(from, copied); err != nil {
		return err
	}
	if err := copyFile(from+".sum", copied+".sum"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return b.moveWorkspace(here, then, r, filepath.Dir(file), copied)
}

// moveWorkspace lets a copy of a go.work file name the folders that it names in another
// folder, or those of the tree instead.
func (b *builder) moveWorkspace(here, then *source, r *repository, dir, copied string) error {
	var work editable
	if err := b.goJSON(here, &work, "work", "edit", "-json", copied); err != nil {
		return err
	}
	folder := func(path string) string {
		path = absolute(dir, path)
		if mapped, ok := r.inTree(path); ok {
			return mapped
		}
		return path
	}
	edits := []string{"work", "edit"}
	for _, use := range work.Use {
		edits = append(edits, "-dropuse="+use.DiskPath, "-use="+folder(use.DiskPath))
		if err := b.keepReplacements(then, r, filepath.Join(absolute(dir, use.DiskPath), "go.mod")); err != nil {
			return err
		}
	}
	for _, x := range work.Replace {
		if x.New.isFolder() {
			edits = append(edits, "-replace="+x.Old.String()+"="+folder(x.New.Path))
		}
	}
	_, err := b.goCommand(here, append(edits, copied)...)
	return err
}

// keepReplacements lets the go.mod file of the old source replace modules by the folders
// outside of the repository that its relative paths mean. A vendored module needs no folder.
func (b *builder) keepReplacements(then *source, r *repository, file string) error {
	dir, ok := r.inTree(filepath.Dir(file))
	old := filepath.Join(dir, "go.mod")
	if !ok || !exists(old) || exists(filepath.Join(dir, "vendor", "modules.txt")) {
		return nil
	}
	var mod editable
	if err := b.goJSON(then, &mod, "mod", "edit", "-json", old); err != nil {
		return err
	}
	edits := []string{"mod", "edit"}
	for _, x := range mod.Replace {
		outside := absolute(filepath.Dir(file), x.New.Path)
		if _, ok := r.inTree(outside); x.New.isFolder() && !ok {
			edits = append(edits, "-replace="+x.Old.String()+"="+outside)
		}
	}
	if len(edits) == 2 {
		return nil
	}
	_, err := b.goCommand(then, append(edits, old)...)
	return err
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
