package inspect

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/internal/printable"
)

// writeMermaid draws a flowchart: solid arrows for the order, dotted ones for hints. A
// label must not begin like a list item ("1. x"), which some versions of Mermaid refuse.
func writeMermaid(w *bufio.Writer, r Report) error {
	fmt.Fprintln(w, "flowchart TD")
	r.eachEvent(func(n int, p Provider, e Event) {
		fmt.Fprintf(w, "  subgraph e%d[%s]\n", n, mermaidText(p.ID+": "+e.Event))
		for i, l := range e.Listeners {
			fmt.Fprintf(w, "    e%dl%d[%s]\n", n, i, mermaidText(fmt.Sprintf("%d · %s", i+1, l.ID)))
		}
		for i := 1; i < len(e.Listeners); i++ {
			fmt.Fprintf(w, "    e%dl%d -->|%s| e%dl%d\n", n, i-1, mermaidText(e.Listeners[i].reasonAlone()), n, i)
		}
		for _, a := range e.arrows() {
			fmt.Fprintf(w, "    e%dl%d -.-> e%dl%d\n", n, a.from, n, a.to)
		}
		fmt.Fprintln(w, "  end")
	})
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
