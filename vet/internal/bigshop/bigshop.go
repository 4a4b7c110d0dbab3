// Package bigshop generates an application of 60 Fx modules, each in a package of its
// own. Its modules declare events and lists, listen, contribute, and use labels, receiver
// keys, constants and the builders of package tags. The analyzer reports nothing in it, and
// it starts without a warning.
package bigshop

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/template"
)

//go:embed templates
var templates embed.FS

var parsed = template.Must(template.New("").Funcs(template.FuncMap{
	"lower": strings.ToLower,
	"first": func(s string) string { return strings.ToLower(s[:1]) },
}).ParseFS(templates, "templates/*"))

// Files returns the files of the application by their paths, which have slashes. The
// module is called bigshop.
func Files() (map[string]string, error) {
	files := map[string]string{}
	for _, m := range modules {
		if err := add(files, m.Pkg+"/"+m.Pkg+".go", m.Form+".go.tmpl", m); err != nil {
			return nil, err
		}
	}
	for _, b := range bundles() {
		if err := add(files, b.Pkg+"/"+b.Pkg+".go", "bundle.go.tmpl", b); err != nil {
			return nil, err
		}
	}
	for name, from := range map[string]string{
		"main.go": "main.go.tmpl", "main_test.go": "main_test.go.tmpl", "order.yaml": "order.yaml.tmpl", "go.mod": "go.mod.tmpl",
	} {
		if err := add(files, name, from, version()); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// version returns the version of Go for a go.mod file.
func version() string { return strings.TrimPrefix(runtime.Version(), "go") }

func add(files map[string]string, path, from string, data any) error {
	var text bytes.Buffer
	if err := parsed.ExecuteTemplate(&text, from, data); err != nil {
		return err
	}
	if !strings.HasSuffix(path, ".go") {
		files[path] = text.String()
		return nil
	}
	formatted, err := format.Source(text.Bytes())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	files[path] = string(formatted)
	return nil
}

// Write writes the files below a directory, which it makes.
func Write(dir string) error {
	files, err := Files()
	if err != nil {
		return err
	}
	for path, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}
