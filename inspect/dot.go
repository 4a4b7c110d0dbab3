package inspect

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/internal/printable"
)

// writeDOT draws the same graph as writeMermaid, for Graphviz.
func writeDOT(w *bufio.Writer, r Report) error {
	fmt.Fprintln(w, "digraph rollcall {\n  compound=true;\n  node [shape=box];")
	r.eachEvent(func(n int, p Provider, e Event) {
		d := e.drawing()
		fmt.Fprintf(w, "  subgraph cluster_%d {\n    label=%s;\n", n, dotText(p.ID+": "+e.heading()))
		d.nest(e, func(depth, label int) {
			fmt.Fprintf(w, "%*ssubgraph cluster_%d_%d {\n%[1]*[2]s  label=%[5]s; style=rounded;\n", 4+2*depth, "", n, label, dotText(d.labels[label].name))
		}, func(depth, i int) {
			l := e.Listeners[i]
			fmt.Fprintf(w, "%*se%dl%d [label=%s];\n", 4+2*depth, "", n, i, dotText(fmt.Sprintf("%d. %s", i+1, l.ID), l.reasonAlone()))
		}, func(depth int) {
			fmt.Fprintf(w, "%*s}\n", 4+2*depth, "")
		})
		for i := 1; i < len(e.Listeners); i++ {
			fmt.Fprintf(w, "    e%dl%d -> e%dl%d;\n", n, i-1, n, i)
		}
		for _, label := range d.scattered() {
			fmt.Fprintf(w, "    e%dg%d [label=%s, shape=ellipse];\n", n, label, dotText(d.labels[label].name))
			for _, i := range d.labels[label].members {
				fmt.Fprintf(w, "    e%dg%d -> e%dl%d [style=dotted, arrowhead=none, constraint=false];\n", n, label, n, i)
			}
		}
		for _, a := range d.arrows {
			fmt.Fprintf(w, "    %s\n", d.dotArrow(n, a))
		}
		for i, x := range p.offOf(e.Event) {
			fmt.Fprintf(w, "    e%do%d [label=%s, style=dashed, color=gray50, fontcolor=gray50];\n", n, i, dotText(x.Listener, "off ("+x.By+")"))
		}
		fmt.Fprintln(w, "  }")
	})
	fmt.Fprintln(w, "}")
	return nil
}

// dotArrow returns an arrow. One from or to a cluster needs a node in it, and the cluster
// cuts it.
func (d *drawing) dotArrow(event int, a arrow) string {
	from, to, cut := a.from, a.to, ""
	if label := from.label; label >= 0 && d.nested[label] {
		from, cut = end{d.starts(a), -1}, fmt.Sprintf(", ltail=cluster_%d_%d", event, label)
	}
	if label := to.label; label >= 0 && d.nested[label] {
		to, cut = end{d.ends(a), -1}, cut+fmt.Sprintf(", lhead=cluster_%d_%d", event, label)
	}
	return fmt.Sprintf("%s -> %s [style=dashed, constraint=false%s];", from.node(event), to.node(event), cut)
}

func dotText(lines ...string) string {
	for i, line := range lines {
		lines[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(printable.Line(line))
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}
