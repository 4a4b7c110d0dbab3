package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// repository is a Git repository and one commit of it. Nothing is written to it.
type repository struct {
	commands
	top    string // its working tree
	commit string
	tree   string // a temporary folder with the files of the commit
}

// openRepository finds the repository of a folder, and a commit.
func (b *builder) openRepository(dir, revision, tree string) (*repository, error) {
	r := &repository{commands: b.commands, tree: tree}
	top, _, err := r.placeOf(dir)
	if err != nil {
		return nil, fmt.Errorf("-since needs a Git repository: %w", err)
	}
	r.top = top
	if !strings.HasPrefix(revision, "-") {
		r.commit, err = r.git(dir, nil, "rev-parse", "--verify", "--quiet", revision+"^{commit}")
	}
	if r.commit != "" && err == nil {
		return r, nil
	}
	if shallow, err := r.git(dir, nil, "rev-parse", "--is-shallow-repository"); err == nil && shallow == "true" {
		return nil, fmt.Errorf("unknown revision %s: the repository is a shallow clone, so fetch more of its history", revision)
	}
	return nil, fmt.Errorf("unknown revision %s: name a commit, a branch or a tag of %s", revision, r.top)
}

// placeOf returns the working tree of a folder, and the folder in it.
func (r *repository) placeOf(dir string) (top, prefix string, err error) {
	out, err := r.git(dir, nil, "rev-parse", "--show-toplevel", "--show-prefix")
	top, prefix, _ = strings.Cut(out, "\n")
	return filepath.FromSlash(strings.TrimRight(top, "\r")), filepath.FromSlash(prefix), err
}

// checkout writes all files of the commit to the tree, by way of an index beside it. Unlike
// git worktree, that leaves nothing in the repository, even if this process is killed. Unlike
// git archive, it has the files with the attribute export-ignore.
func (r *repository) checkout() error {
	if err := os.MkdirAll(r.tree, 0o777); err != nil {
		return err
	}
	index := []string{"GIT_INDEX_FILE=" + filepath.Join(filepath.Dir(r.tree), "index")}
	if _, err := r.git(r.top, index, "read-tree", r.commit); err != nil {
		return err
	}
	_, err := r.git(r.top, index, "checkout-index", "--all", "--quiet", "--prefix="+filepath.ToSlash(r.tree)+"/")
	return err
}

// inTree returns the folder of the tree for a folder of the repository, and false if it is
// not in the repository, or not in the tree.
func (r *repository) inTree(dir string) (string, bool) {
	top, prefix, err := r.placeOf(dir)
	if err != nil || top != r.top {
		return "", false
	}
	mapped := filepath.Join(r.tree, prefix)
	_, err = os.Stat(mapped)
	return mapped, err == nil
}

// hasFile reports whether Git tracks a file of the working tree.
func (r *repository) hasFile(file string) bool {
	dir, base := filepath.Split(file)
	_, err := r.git(dir, nil, "ls-files", "--error-unmatch", "--", base)
	return err == nil
}

// git runs Git in a folder and returns what it prints, without the last line break.
func (r *repository) git(dir string, env []string, args ...string) (string, error) {
	options := []string{"-c", "core.splitIndex=false", "-c", "core.fsmonitor=false"} // no files in .git, no process that stays
	out, err := r.output(call{dir: dir, env: append([]string{"GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0"}, env...)}, "git", append(options, args...)...)
	if err != nil {
		err = errors.New(strings.TrimPrefix(err.Error(), "fatal: "))
	}
	return strings.TrimSuffix(string(out), "\n"), err
}
