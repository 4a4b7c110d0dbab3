package main

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rollcall-go/rollcall/internal/orderfile"
)

// printVersion answers go vet, which asks a tool for its version and repeats the cached
// reports of packages as long as neither their files nor the version change. Order files
// that a program reads at run time are not among the files of a package, so the version
// covers the YAML files of the module or workspace too.
func printVersion(w io.Writer) error {
	sum := sha256.New()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := addFile(sum, "", self); err != nil {
		return err
	}
	addOrderFiles(sum, root())
	_, err = fmt.Fprintf(w, "rollcall-vet version devel buildID=%x\n", sum.Sum(nil))
	return err
}

// root returns the folder of the workspace of the working directory, or of its module, or
// "" if there is none.
func root() string {
	if work := os.Getenv("GOWORK"); work != "" && work != "off" {
		return filepath.Dir(work)
	}
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	module := ""
	for ; ; dir = filepath.Dir(dir) {
		if exists(filepath.Join(dir, "go.work")) && os.Getenv("GOWORK") != "off" {
			return dir
		}
		if module == "" && exists(filepath.Join(dir, "go.mod")) {
			module = dir
		}
		if dir == filepath.Dir(dir) {
			return module
		}
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// addOrderFiles adds what may be an order file below a folder. It passes over hidden
// folders, dependencies, and what can't be read: the analyzer can't read that either.
func addOrderFiles(sum hash.Hash, root string) {
	if root == "" {
		return
	}
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := filepath.Base(path)
		switch {
		case err != nil:
		case d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "vendor" || name == "node_modules"):
			return fs.SkipDir
		case d.Type().IsRegular() && mayBeOrderFile(d):
			relative, _ := filepath.Rel(root, path) // below root
			_ = addFile(sum, relative, path)
		}
		return nil
	})
}

func mayBeOrderFile(d fs.DirEntry) bool {
	info, err := d.Info()
	ext := filepath.Ext(d.Name())
	return err == nil && info.Size() <= orderfile.MaxSize && (ext == ".yaml" || ext == ".yml")
}

// addFile adds the content of a file under a name.
func addFile(sum hash.Hash, name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, _ = io.WriteString(sum, name+"\x00") // a hash does not fail
	_, err = io.Copy(sum, f)
	return err
}
