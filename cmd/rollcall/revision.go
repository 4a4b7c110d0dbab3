package main

import (
	"path/filepath"
	"slices"
)

// revision returns the source of an application at a Git revision. It has what the working
// tree takes from outside of the repository: go.work, and modules that replace others.
func (b *builder) revision(here *source, since string) (*source, *failure) {
	then := &source{revision: since, temp: filepath.Join(b.temp, "old"), env: slices.Clone(here.env)}
	r, err := b.openRepository(here.pkg.Dir, since, filepath.Join(then.temp, "tree"))
	if err == nil {
		err = r.checkout()
	}
	if err != nil {
		return nil, failed(kindRevision, "%v", err)
	}
	dir, ok := r.inTree(here.pkg.Dir)
	if !ok {
		return nil, failed(kindRevision, "the package %s does not exist at %s: name a later revision", here.pkg.ImportPath, since)
	}
	if err := b.locate(here, then, r, dir); err != nil {
		return nil, failed(kindRevision, "%v", err)
	}
	return then, b.find(then).at(since)
}

// locate sets where the old source is built. The folder of its package is dir.
func (b *builder) locate(here, then *source, r *repository, dir string) error {
	then.dir = dir
	if mapped, ok := r.inTree(here.dir); ok {
		then.dir = mapped
	}
	pattern, err := filepath.Rel(then.dir, dir)
	if err != nil {
		return err
	}
	then.pattern = "./" + filepath.ToSlash(pattern)
	var settings struct{ GOWORK, GOMOD string }
	if err := b.goEnv(here, &settings, "GOWORK", "GOMOD"); err != nil {
		return err
	}
	if settings.GOWORK == "" || settings.GOWORK == "off" {
		return b.keepReplacements(then, r, settings.GOMOD)
	}
	return b.keepWorkspace(here, then, r, settings.GOWORK, settings.GOMOD)
}
