package vet

import "golang.org/x/tools/go/analysis"

// category names a kind of report. The documentation lists all of them.
type category string

// The categories of reports.
const (
	badTag          category = "tag"
	badConstructor  category = "constructor"
	badListener     category = "listener"
	badContribution category = "contribution"
	badOrderFile    category = "orderfile"
	badList         category = "list"
	badAsync        category = "async"
	notAListener    category = "group"
	noModule        category = "nomodule"
	twice           category = "twice"
	unknownEvent    category = "unknownevent"
	unknownGroup    category = "unknowngroup"
	unknownList     category = "unknownlist"
	unknownKey      category = "unknownkey"
	unknownTarget   category = "unknowntarget"
	notListening    category = "notlistening"
	cycle           category = "cycle"
	impossibleHint  category = "impossible"
	noTransport     category = "notransport"
	noEvent         category = "noevent"
	noComponent     category = "nocomponent"
	earlyEmit       category = "earlyemit"
	warning         category = "warning"
	badRule         category = "rule"
)

// replace returns the fix that replaces a name.
func replace(at span, old, near string) analysis.SuggestedFix {
	return analysis.SuggestedFix{
		Message:   "Replace " + old + " with " + near,
		TextEdits: []analysis.TextEdit{{Pos: at.pos, End: at.end, NewText: []byte(near)}},
	}
}

// reportAt reports a problem at a place, with the fixes for it.
func (p *pkg) reportAt(c category, at span, message string, fixes ...analysis.SuggestedFix) {
	p.report(analysis.Diagnostic{Pos: at.pos, End: at.end, Category: string(c), Message: message, SuggestedFixes: fixes})
}

// reportInFile reports a problem of an order file. The report leads to the option that reads
// the file, too.
func (p *pkg) reportInFile(c category, at, read span, message string, fixes ...analysis.SuggestedFix) {
	p.report(analysis.Diagnostic{Pos: at.pos, End: at.end, Category: string(c), Message: message, SuggestedFixes: fixes,
		Related: []analysis.RelatedInformation{{Pos: read.pos, End: read.end, Message: "the application reads the order file here"}}})
}

// problem reports a problem at the place of a part.
func (a *application) problem(c category, x *part, message string) {
	a.reportAt(c, x.span, message)
}

// inText reports a problem with a word in the text of a part, and suggests another word if
// there is one. A part of another package has no text.
func (a *application) inText(c category, x *part, word, near, message string) {
	if x.text == nil || word == "" {
		a.problem(c, x, message)
		return
	}
	at, fixes := renamed(x.text, word, near)
	a.reportAt(c, at, message, fixes...)
}
