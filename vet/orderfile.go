package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/rollcall-go/rollcall/internal/orderfile"
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
			p.reportAt(badOrderFile, p.inFile(at, data, e.Position), e.Error())
		}
	}
	return []part{x}
}

// findFile returns the path of the order file of a call in the file system of this machine,
// or "" if it is not found. Files are embedded beside the package. The working directory of
// a program is taken to be that of go.mod, and that of a test its package's.
func (p *pkg) findFile(call *ast.CallExpr, name string) string {
	here := filepath.Dir(p.pass.Fset.Position(call.Pos()).Filename)
	fsys := p.resolved(call.Args[0])
	if is(p.typeOf(fsys), "embed.FS") {
		if v, ok := p.objectOf(fsys).(*types.Var); !ok || v.Pkg() != p.pass.Pkg || p.changed[v] {
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
	if strings.HasSuffix(p.pass.Fset.Position(call.Pos()).Filename, "_test.go") {
		root = here
	}
	if root == "" {
		return ""
	}
	return existing(filepath.Join(root, filepath.FromSlash(path.Join(filepath.ToSlash(dir), name))))
}

func (p *pkg) objectOf(e ast.Expr) types.Object {
	switch e := e.(type) {
	case *ast.Ident:
		return p.info.Uses[e]
	case *ast.SelectorExpr:
		return p.info.Uses[e.Sel]
	}
	return nil
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
