package vet

import (
	"errors"
	"go/ast"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/tags"
)

// checkCalls checks each call of the package by itself.
func (p *pkg) checkCalls() {
	for _, f := range p.pass.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				p.registered(call)
				p.checkMade(call)
			}
			return true
		})
	}
}

// checkMade checks the tag of a listener that rollcall.NewListener or rollcall.Lazy makes. A
// listener in a test may be wrong on purpose.
func (p *pkg) checkMade(call *ast.CallExpr) {
	path, name := p.calls(call)
	if path != rootPath || name != "NewListener" && name != "Lazy" || len(call.Args) < 3 || p.inTest(call.Pos()) {
		return
	}
	id, known := p.text(call.Args[0])
	if id == "" {
		id, _ = p.named(call.Args[1])
	}
	tag, constant := registration{pkg: p, call: call}.tagsOf(2)
	if !known || id == "" || !constant {
		return
	}
	fields, err := tags.Parse(tag[0].text)
	if fields.ID != "" || fields.Method != "" || fields.Group != "" {
		err = errors.Join(err, errors.New("its tag may have the keys event, priority, labels, before, after and async only"))
	}
	if len(tag) > 1 {
		err = errors.Join(err, errors.New("it has more than one tag: write one, or make a listener of each"))
	}
	if err == nil {
		return
	}
	message := (&rollcall.InvalidListenerError{ID: id, Source: p.place(call.Pos()), Err: err}).Error()
	at, fixes := keyFix(tag[0], err)
	p.reportAt(badTag, at, message, fixes...)
}
