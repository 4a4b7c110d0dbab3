package vet

import (
	"golang.org/x/tools/go/analysis"
)

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

// fix is a suggested change of one place.
type fix struct {
	at       span
	old, new string
}

// replace returns the fix that replaces a name.
func replace(at span, old, new string) fix { return fix{at, old, new} }

func (f fix) suggested() analysis.SuggestedFix {
	return analysis.SuggestedFix{
		Message:   "Replace " + f.old + " with " + f.new,
		TextEdits: []analysis.TextEdit{{Pos: f.at.pos, End: f.at.end, NewText: []byte(f.new)}},
	}
}

// reportInFile reports a problem of an order file. The report leads to the option that reads
// the file, too.
func (p *pkg) reportInFile(c category, at, read span, message string, fixes ...fix) {
	p.report(analysis.Diagnostic{Pos: at.pos, End: at.end, Category: string(c), Message: message, SuggestedFixes: suggested(fixes),
		Related: []analysis.RelatedInformation{{Pos: read.pos, End: read.end, Message: "the application reads the order file here"}}})
}

func suggested(fixes []fix) []analysis.SuggestedFix {
	var list []analysis.SuggestedFix
	for _, f := range fixes {
		list = append(list, f.suggested())
	}
	return list
}

// reportAt reports a problem at a place, with the fixes for it.
func (p *pkg) reportAt(c category, at span, message string, fixes ...fix) {
	p.report(analysis.Diagnostic{Pos: at.pos, End: at.end, Category: string(c), Message: message, SuggestedFixes: suggested(fixes)})
}
