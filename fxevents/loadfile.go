package fxevents

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"

	"github.com/rollcall-go/rollcall/internal/orderfile"
)

// loaded is an order file that has been read, or why it could not be.
type loaded struct {
	content *orderfile.File
	err     error
}

// files reads the order files, the first time that it is called.
func (a *Assembly) files() []loaded {
	if a.loaded == nil {
		a.loaded = make([]loaded, len(a.settings.files))
		for i, f := range a.settings.files {
			a.loaded[i].content, a.loaded[i].err = f.load()
		}
	}
	return a.loaded
}

// contents returns the order files that could be read.
func (a *Assembly) contents() []*orderfile.File {
	var all []*orderfile.File
	for _, f := range a.files() {
		if f.err == nil {
			all = append(all, f.content)
		}
	}
	return all
}

// load reads the order file. The error of a file that can't be read has the place of the
// OrderFile call.
func (f file) load() (*orderfile.File, error) {
	if f.fsys == nil {
		return nil, fmt.Errorf("fxevents.OrderFile at %s: order file %s: the file system is nil", f.source, f.path)
	}
	content, err := orderfile.Load(f.fsys, f.path)
	var unread *fs.PathError
	switch bad := (*orderfile.Error)(nil); {
	case err == nil || errors.As(err, &bad):
		return content, err
	case errors.As(err, &unread):
		return nil, fmt.Errorf("fxevents.OrderFile at %s: order file %s: tried %s: %w: correct the path, which is relative to the root of the file system",
			f.source, f.path, f.tried(), unread.Err)
	}
	return nil, fmt.Errorf("fxevents.OrderFile at %s: %w", f.source, err)
}

// tried returns the whole path if the root of the file system is known, as that of
// os.DirFS.
func (f file) tried() string {
	root := ""
	if v := reflect.ValueOf(f.fsys); v.Kind() == reflect.String {
		root = v.String()
	} else if named, ok := f.fsys.(fmt.Stringer); ok {
		root = named.String()
	}
	if root == "" {
		return fmt.Sprintf("%s in a %T", f.path, f.fsys)
	}
	whole, err := filepath.Abs(filepath.Join(root, filepath.FromSlash(f.path)))
	if err != nil {
		return filepath.Join(root, f.path)
	}
	return whole
}
