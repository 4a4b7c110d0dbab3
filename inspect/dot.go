package inspect

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/internal/printable"
)

// writeDOT draws the same graph as writeMermaid, for Graphviz.
func writeDOT(w *bufio.Writer, r Report) error {
	fmt.Fprintln(w, "digraph rollcall {\n  node [shape=box];")
	r.eachEvent(func(n int, p Provider, e Event) {
		fmt.Fprintf(w, "  subgraph cluster_%d {\n    label=%s;\n", n, dotText(p.ID+": "+e.Event))
		for i, l := range e.Listeners {
			fmt.Fprintf(w, "    e%dl%d [label=%s];\n", n, i, dotText(fmt.Sprintf("%d. %s", i+1, l.ID), l.reasonAlone()))
		}
		for i := 1; i < len(e.Listeners); i++ {
			fmt.Fprintf(w, "    e%dl%d -> e%dl%d;\n", n, i-1, n, i)
		}
		for _, a := range e.arrows() {
			fmt.Fprintf(w, "    e%dl%d -> e%dl%d [style=dashed, constraint=false];\n", n, a.from, n, a.to)
		}
		fmt.Fprintln(w, "  }")
	})
	fmt.Fprintln(w, "}")
	return nil
}

func dotText(lines ...string) string {
	for i, line := range lines {
		lines[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(printable.Line(line))
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}
