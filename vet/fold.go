package vet

import (
	"go/ast"
	"go/constant"
	"math"

	"github.com/rollcall-go/rollcall/tags"
)

// text returns the value of a constant string.
func (p *pkg) text(e ast.Expr) (string, bool) {
	value := p.info.Types[p.resolved(e)].Value
	if value == nil {
		value = p.info.Types[e].Value
	}
	if value == nil || value.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(value), true
}

// texts returns the values of constant strings. It returns false if one is not constant.
func (p *pkg) texts(call *ast.CallExpr, from int) ([]string, bool) {
	if call.Ellipsis.IsValid() {
		return nil, false
	}
	var list []string
	for _, e := range call.Args[min(from, len(call.Args)):] {
		text, ok := p.text(e)
		if !ok {
			return nil, false
		}
		list = append(list, text)
	}
	return list, true
}

// tag returns the text of a tag: a constant, or calls of package tags with constants.
func (p *pkg) tag(e ast.Expr) (tags.Tag, bool) {
	if text, ok := p.text(e); ok {
		return tags.Tag(text), true
	}
	call, ok := p.resolved(e).(*ast.CallExpr)
	if !ok {
		return "", false
	}
	if tv := p.info.Types[call.Fun]; tv.IsType() && len(call.Args) == 1 { // a conversion
		return p.tag(call.Args[0])
	}
	build, from := p.tagBuilder(call)
	if build == nil {
		return "", false
	}
	options, ok := p.tagOptions(call, from)
	if !ok {
		return "", false
	}
	return build(options...), true
}

// tagBuilder returns the function of package tags that a call calls, and the index of its
// first option. It returns nil for other calls.
func (p *pkg) tagBuilder(call *ast.CallExpr) (build func(...tags.Option) tags.Tag, from int) {
	path, name := p.calls(call)
	if path != tagsPath {
		return nil, 0
	}
	on := func(event string) func(...tags.Option) tags.Tag {
		return func(options ...tags.Option) tags.Tag { return tags.OnName(event, options...) }
	}
	switch name {
	case "OnName":
		if event, ok := p.text(call.Args[0]); ok {
			return on(event), 1
		}
	case "On":
		if t := p.typeArg(call); t != nil {
			return on(pathOf(t)), 0
		}
	case "Place":
		return tags.Place, 0
	}
	return nil, 0
}

func (p *pkg) tagOptions(call *ast.CallExpr, from int) ([]tags.Option, bool) {
	if call.Ellipsis.IsValid() {
		return nil, false
	}
	var options []tags.Option
	for _, e := range call.Args[from:] {
		o, ok := p.tagOption(e)
		if !ok {
			return nil, false
		}
		options = append(options, o)
	}
	return options, true
}

func (p *pkg) tagOption(e ast.Expr) (tags.Option, bool) {
	if text, ok := p.text(e); ok {
		return tags.Option(text), true
	}
	call, ok := p.resolved(e).(*ast.CallExpr)
	if !ok {
		return "", false
	}
	path, name := p.calls(call)
	if path != tagsPath {
		return "", false
	}
	if name == "Priority" {
		n, ok := p.integer(call.Args[0])
		return tags.Priority(n), ok
	}
	texts, ok := p.texts(call, 0)
	if !ok {
		return "", false
	}
	if several := map[string]func(...string) tags.Option{"Labels": tags.Labels, "Before": tags.Before, "After": tags.After}[name]; several != nil {
		return several(texts...), true
	}
	if one := map[string]func(string) tags.Option{"Async": tags.Async, "ID": tags.ID, "Method": tags.Method, "Group": tags.Group}[name]; one != nil {
		return one(texts[0]), true
	}
	return "", false
}

func (p *pkg) integer(e ast.Expr) (int, bool) {
	value := p.info.Types[p.resolved(e)].Value
	if value == nil || value.Kind() != constant.Int {
		return 0, false
	}
	n, exact := constant.Int64Val(value)
	return int(n), exact && n >= math.MinInt && n <= math.MaxInt
}
