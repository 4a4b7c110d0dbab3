package inspect

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/internal/printable"
)

// writeMermaid draws a flowchart: solid arrows for the order, dotted ones for hints and
// sequences. What is off is dashed, without arrows. The text of a node must not begin like a
// list item ("1. x"), which some versions of Mermaid refuse.
func writeMermaid(w *bufio.Writer, r Report) error {
	fmt.Fprintln(w, "flowchart TD")
	dim := false
	r.eachEvent(func(n int, p Provider, e Event) {
		d := e.drawing()
		fmt.Fprintf(w, "  subgraph e%d[%s]\n    direction TB\n", n, mermaidText(p.ID+": "+e.heading()))
		d.nest(e, func(depth, label int) {
			fmt.Fprintf(w, "%*ssubgraph e%dg%d[%s]\n", 4+2*depth, "", n, label, mermaidText(d.labels[label].name))
		}, func(depth, i int) {
			fmt.Fprintf(w, "%*se%dl%d[%s]\n", 4+2*depth, "", n, i, mermaidText(fmt.Sprintf("%d · %s", i+1, e.Listeners[i].ID)))
		}, func(depth int) {
			fmt.Fprintf(w, "%*send\n", 4+2*depth, "")
		})
		for i := 1; i < len(e.Listeners); i++ {
			fmt.Fprintf(w, "    e%dl%d -->|%s| e%dl%d\n", n, i-1, mermaidText(e.Listeners[i].reasonAlone()), n, i)
		}
		for _, label := range d.scattered() {
			fmt.Fprintf(w, "    e%dg%d([%s])\n", n, label, mermaidText(d.labels[label].name))
			for _, i := range d.labels[label].members {
				fmt.Fprintf(w, "    e%dg%d -.- e%dl%d\n", n, label, n, i)
			}
		}
		for _, a := range d.arrows {
			fmt.Fprintf(w, "    %s -.-> %s\n", a.from.node(n), a.to.node(n))
		}
		for i, x := range p.offOf(e.Event) {
			fmt.Fprintf(w, "    e%do%d[%s]:::off\n", n, i, mermaidText(x.Listener+" · off ("+x.By+")"))
			dim = true
		}
		fmt.Fprintln(w, "  end")
	})
	if dim {
		fmt.Fprintln(w, "  classDef off fill:none,stroke:#808080,stroke-dasharray:4 4,color:#808080")
	}
	return nil
}

// mermaidText quotes a label. It uses entities, because Mermaid has no other way to
// escape.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range printable.Line(s) {
		if strings.ContainsRune("\"#<>&`[]{}|\\*_", r) {
			fmt.Fprintf(&b, "#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return `"` + b.String() + `"`
}
