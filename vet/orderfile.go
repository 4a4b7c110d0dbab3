package vet

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/internal/suggest"
)

// orderFile returns the part of a call of fxevents.OrderFile. If the file is found, its own
// problems are reported at their lines.
func (p *pkg) orderFile(call *ast.CallExpr) []part {
	x := part{Kind: orderFile, Call: "fxevents.OrderFile", Hidden: true}
	name, ok := p.text(call.Args[1])
	if !ok {
		return []part{x}
	}
	x.Path = name
	at := p.findFile(call, name)
	if at == "" {
		p.checkEmbedded(call, name)
		return []part{x}
	}
	data, err := os.ReadFile(at)
	if err != nil || len(data) > orderfile.MaxSize {
		return []part{x}
	}
	x.File, x.Data, x.Hidden = at, data, false
	if _, err := orderfile.Parse(name, data); err != nil {
		x.Broken = true
		for _, e := range orderfile.Errors(err) {
			p.reportInFile(badOrderFile, p.inFile(at, data, e.Position), spanOf(call), e.Error())
		}
	}
	return []part{x}
}

// checkEmbedded reports an order file that an embed.FS of the package does not have.
func (p *pkg) checkEmbedded(call *ast.CallExpr, name string) {
	patterns := p.patterns(p.resolved(call.Args[0]))
	if patterns == nil {
		return
	}
	at := "fxevents.OrderFile at " + p.place(call.Pos())
	if !fs.ValidPath(name) {
		p.reportAt(badOrderFile, spanOf(call.Args[1]), fmt.Sprintf("%s: order file %s: write it relative to the file system, without ./ or a leading /", at, name))
		return
	}
	message := fmt.Sprintf("%s: order file %s: tried %s in a embed.FS: file does not exist: correct the path, which is relative to the root of the file system", at, name, name)
	near, _ := suggest.Name(name, plainNames(patterns))
	place, fixes := renamed(call.Args[1], name, near)
	p.reportAt(badOrderFile, place, message, fixes...)
}

// patterns returns the patterns of an embed.FS of the package that never changes, or nil.
func (p *pkg) patterns(fsys ast.Expr) []string {
	if v, ok := p.objectOf(fsys).(*types.Var); ok && !p.changed[v] {
		return p.embedded[v]
	}
	return nil
}

// plainNames returns the patterns that are the name of a file.
func plainNames(patterns []string) []string {
	return slices.DeleteFunc(slices.Clone(patterns), func(pattern string) bool { return !isPlain(pattern) })
}

// isPlain reports whether a pattern may be the name of a file: it is no glob, and has an
// extension.
func isPlain(pattern string) bool {
	return !strings.ContainsAny(pattern, "*?[\\\"`:") && path.Ext(pattern) != ""
}

// isEmbedded reports whether the patterns of an embed.FS may have a file. It knows that of
// plain names only, which may be those of directories.
func isEmbedded(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return !isPlain(pattern) || pattern == name || strings.HasPrefix(name, pattern+"/")
	})
}

// findFile returns the path of the order file of a call in the file system of this machine,
// or "" if it is not found. Files are embedded beside the package. The working directory of
// a program is taken to be the directory of go.mod. A test runs in that of its package.
func (p *pkg) findFile(call *ast.CallExpr, name string) string {
	here := filepath.Dir(p.pass.Fset.Position(call.Pos()).Filename)
	fsys := p.resolved(call.Args[0])
	if is(p.typeOf(fsys), "embed.FS") {
		if !isEmbedded(p.patterns(fsys), name) {
			return ""
		}
		return existing(filepath.Join(here, filepath.FromSlash(name)))
	}
	c, ok := fsys.(*ast.CallExpr)
	if !ok {
		return ""
	}
	pkgPath, function := p.calls(c)
	if pkgPath != "os" || function != "DirFS" {
		return ""
	}
	dir, ok := p.text(c.Args[0])
	if !ok || filepath.IsAbs(dir) {
		return ""
	}
	root := moduleRoot(here)
	if p.inTest(call.Pos()) {
		root = here
	}
	if root == "" {
		return ""
	}
	return existing(filepath.Join(root, filepath.FromSlash(path.Join(filepath.ToSlash(dir), name))))
}

// existing returns a path if there is a file, or "".
func existing(name string) string {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return name
}

// moduleRoot returns the nearest directory upwards that has a go.mod, or "".
func moduleRoot(dir string) string {
	for {
		if existing(filepath.Join(dir, "go.mod")) != "" {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// inFile returns the span of a position in an order file. The file becomes one of the file
// set.
func (p *pkg) inFile(name string, data []byte, at orderfile.Position) span {
	f := p.files[name]
	if f == nil {
		f = p.pass.Fset.AddFile(name, -1, len(data))
		f.SetLinesForContent(data)
		p.files[name] = f
	}
	if at.Line < 1 || at.Line > f.LineCount() {
		return span{f.Pos(0), f.Pos(0)}
	}
	pos := f.LineStart(at.Line)
	line := string(data[f.Offset(pos):])
	for i := range line {
		if at.Column <= 1 {
			pos += token.Pos(i)
			break
		}
		at.Column--
	}
	return span{pos, pos}
}
