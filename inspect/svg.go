package inspect

import (
	"bufio"
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/internal/printable"
)

// Dimensions in the picture, in pixels. Text is monospaced, so its width is known without
// a font.
const (
	svgMargin    = 16
	svgRow       = 28 // height of a listener with the gap below it
	svgName      = 20 // height of the name of a label
	svgBox       = 22 // height of its box
	svgHeading   = 34
	svgCharacter = 7.9 // width of a character of 13 px, rounded up
	svgLane      = 10  // between the arcs of hints
	svgLongest   = 100 // characters shown of a name; the title has all of it
)

const svgTitle = "The order of event listeners"

const svgStyle = `text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#1b1f24}
.h{font-weight:bold}.r{fill:#57606a}.b{fill:#eef4fb;stroke:#4a7ebb}.a{fill:none;stroke:#9a6700}.m{fill:#9a6700}.g{fill:#fff}
.l,.k{fill:none;stroke:#8250df}.k{stroke-width:5;stroke-linecap:round}.n{fill:#8250df}.x{fill:none;stroke:#8c959f;stroke-dasharray:4 3}.o{fill:#57606a;text-decoration:line-through}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.r{fill:#9da7b3}.b{fill:#152238;stroke:#5b8fd1}.a{stroke:#d4a72c}.m{fill:#d4a72c}.g{fill:#0d1117}
.l,.k{stroke:#b58cff}.n{fill:#b58cff}.x{stroke:#6e7681}.o{fill:#9da7b3}}`

// writeSVG draws each event as a column of boxes in the order in which the listeners run.
// The reasons are beside the boxes. On the left, a label is a bracket that holds its
// members, with its name above the first of them, and hints and sequences are arcs. Below
// the boxes is what is off.
func writeSVG(w *bufio.Writer, r Report) error {
	var body strings.Builder
	y, width := svgMargin, 0.0
	r.eachEvent(func(n int, p Provider, e Event) {
		bottom, right := svgEvent(&body, y, p.ID+": "+e.heading(), e, p.offOf(e.Event))
		y, width = bottom+svgMargin, max(width, right)
	})
	right := int(width) + svgMargin
	fmt.Fprint(w, svgStart(right, y), ">\n")
	fmt.Fprintf(w, "<title>%s</title>\n<style>%s</style>\n", svgTitle, svgStyle)
	fmt.Fprintf(w, `<rect class="g" width="%d" height="%d"/>`+"\n%s</svg>\n", right, y, body.String())
	return nil
}

// SVG returns a picture of the event as an svg element for an HTML page, with what is off
// for it among off, such as Provider.Off. Names in it are escaped. It has no style element,
// since a page's Content-Security-Policy may forbid one. Add the styles to the page's style
// sheet: write your own, or copy the content of the style element from the output of
// [Report.Write].
func (e Event) SVG(off ...Off) string {
	var body strings.Builder
	bottom, right := svgEvent(&body, svgMargin, e.heading(), e, Provider{Off: off}.offOf(e.Event))
	return svgStart(int(right)+svgMargin, bottom+svgMargin) + ` aria-label="` + svgTitle + `">` + body.String() + "</svg>"
}

// svgStart returns the start tag of a picture without the closing ">", so that attributes
// may follow.
func svgStart(width, height int) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img"`, width, height)
}

// svgLayout is where the parts of an event are.
type svgLayout struct {
	drawing
	left     int   // of the boxes
	rows     []int // listener → the top of its box
	names    []int // label → the top of its name
	bottom   int
	brackets []int // label → the lane of its bracket
	arcs     []int // arrow → the lane of its arc, counted from the outermost bracket
	lanes    int   // of brackets
}

// layout places the rows from top on.
func (e Event) layout(top int) *svgLayout {
	x := &svgLayout{drawing: e.drawing()}
	for i := range e.Listeners {
		for _, l := range x.labels[len(x.names):] {
			if l.first() == i {
				x.names = append(x.names, top)
				top += svgName
			}
		}
		x.rows = append(x.rows, top)
		top += svgRow
	}
	x.bottom = top
	var brackets, arcs []span
	for n := range x.labels {
		brackets = append(brackets, span{x.names[n], x.foot(n)})
	}
	for _, a := range x.arrows {
		from, to := x.from(a.from), x.to(a.to)
		arcs = append(arcs, span{min(from, to), max(from, to)})
	}
	x.brackets, x.lanes = bracketLanes(brackets)
	lane, count := arcLanes(arcs)
	x.arcs, x.left = lane, svgMargin+svgLane*(x.lanes+count+1)
	return x
}

// foot returns the lower end of the bracket of a label. It is below the last member if an
// arc begins there.
func (x *svgLayout) foot(label int) int {
	foot := x.rows[x.labels[label].last()] + svgBox/2
	if slices.ContainsFunc(x.arrows, func(a arrow) bool { return a.from.label == label }) {
		foot += 7
	}
	return foot
}

// from returns how high an arc begins, and to how high it ends.
func (x *svgLayout) from(at end) int {
	if at.label >= 0 {
		return x.foot(at.label)
	}
	return x.rows[at.listener] + svgBox/2 + 3
}

func (x *svgLayout) to(at end) int {
	if at.label >= 0 {
		return x.names[at.label] + svgName/2
	}
	return x.rows[at.listener] + svgBox/2 - 3
}

// bracket returns where the bracket of a label is, from the left.
func (x *svgLayout) bracket(label int) int { return x.left - svgLane*(x.brackets[label]+1) }

// edge returns where an arc meets an end, from the left.
func (x *svgLayout) edge(at end) int {
	if at.label >= 0 {
		return x.bracket(at.label)
	}
	return x.left
}

// svgEvent draws one event below y, and returns its bottom and right edges.
func svgEvent(b *strings.Builder, y int, heading string, e Event, off []Off) (bottom int, right float64) {
	svgText(b, "h", svgMargin, y+svgBox-6, heading)
	right = svgMargin + svgWidth(heading)
	top := y + svgHeading
	x := e.layout(top)
	if len(e.Listeners) == 0 {
		svgText(b, "r", svgMargin, top+svgBox-6, e.empty())
		right = max(right, svgMargin+svgWidth(e.empty()))
		x.left, x.bottom = svgMargin, top+svgRow
	}
	box := 0.0
	for i, l := range e.Listeners {
		box = max(box, svgWidth(numbered(i, l))+16)
	}
	for _, o := range off {
		box = max(box, svgWidth(o.Listener)+16)
	}
	row := func(y int, class, name, nameClass, text string) {
		fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%.0f" height="%d" rx="4"/>`+"\n", class, x.left, y, box, svgBox)
		svgText(b, nameClass, x.left+8, y+svgBox-6, name)
		svgText(b, "r", x.left+int(box)+12, y+svgBox-6, text)
		right = max(right, float64(x.left)+box+12+svgWidth(text))
	}
	for i, l := range e.Listeners {
		row(x.rows[i], "b", numbered(i, l), "", l.reasonAlone())
	}
	for _, o := range off {
		row(x.bottom, "x", o.Listener, "o", "off ("+o.By+")")
		x.bottom += svgRow
	}
	for n, l := range x.labels {
		svgText(b, "n", x.left+8, x.names[n]+svgName-6, l.name)
		right = max(right, float64(x.left)+8+svgWidth(l.name))
	}
	x.draw(b)
	return x.bottom, right
}

// draw draws the brackets and the arcs.
func (x *svgLayout) draw(b *strings.Builder) {
	for n, l := range x.labels {
		at := x.bracket(n)
		var ticks, dots strings.Builder
		for _, i := range l.members {
			fmt.Fprintf(&ticks, "M%d %dH%d", at, x.rows[i]+svgBox/2, x.left)
			fmt.Fprintf(&dots, "M%d %dh.01", at, x.rows[i]+svgBox/2)
		}
		fmt.Fprintf(b, `<path class="l" d="M%d %dH%dV%d%s"/><path class="k" d="%s"/>`+"\n",
			x.left+4, x.names[n]+svgName/2, at, x.foot(n), &ticks, &dots)
	}
	for n, a := range x.arrows {
		lane := x.left - svgLane*(x.lanes+x.arcs[n]+1)
		from, to := x.edge(a.from), x.edge(a.to)
		fmt.Fprintf(b, `<path class="a" d="M%d %dH%dV%dH%d"/><path class="m" d="M%d %dl-6 -3v6z"/>`+"\n",
			from, x.from(a.from), lane, x.to(a.to), to-2, to, x.to(a.to))
	}
}

func numbered(i int, l Listener) string { return fmt.Sprintf("%d. %s", i+1, l.ID) }

// span is how far an upright line reaches.
type span struct{ top, bottom int }

// svgApart is the least distance between two lines of one lane.
const svgApart = 8

// arcLanes assigns each arc the innermost lane that is free along its whole length. The
// upper arcs come first.
func arcLanes(arcs []span) (lane []int, count int) {
	turns := make([]int, len(arcs))
	for i := range turns {
		turns[i] = i
	}
	slices.SortStableFunc(turns, func(i, j int) int {
		return cmp.Or(cmp.Compare(arcs[i].top, arcs[j].top), cmp.Compare(arcs[i].bottom, arcs[j].bottom))
	})
	var free []int // lane → from where on it is free
	lane = make([]int, len(arcs))
	for _, i := range turns {
		n := 0
		for n < len(free) && free[n] > arcs[i].top {
			n++
		}
		if n == len(free) {
			free = append(free, 0)
		}
		free[n] = arcs[i].bottom + svgApart
		lane[i] = n
	}
	return lane, len(free)
}

// bracketLanes assigns each bracket the innermost lane in which it meets no other one. The
// short brackets come first, so that long ones are outside of them.
func bracketLanes(brackets []span) (lane []int, count int) {
	turns := make([]int, len(brackets))
	for i := range turns {
		turns[i] = i
	}
	slices.SortStableFunc(turns, func(i, j int) int {
		a, b := brackets[i], brackets[j]
		return cmp.Compare(a.bottom-a.top, b.bottom-b.top)
	})
	var taken [][]span // by lane
	lane = make([]int, len(brackets))
	for _, i := range turns {
		n := 0
		for n < len(taken) && slices.ContainsFunc(taken[n], brackets[i].meets) {
			n++
		}
		if n == len(taken) {
			taken = append(taken, nil)
		}
		taken[n] = append(taken[n], brackets[i])
		lane[i] = n
	}
	return lane, len(taken)
}

func (s span) meets(other span) bool {
	return s.top < other.bottom+svgApart && other.top < s.bottom+svgApart
}

func svgText(b *strings.Builder, class string, x, y int, text string) {
	text = printable.Line(text)
	short := shortened(text)
	title := ""
	if short != text {
		title = "<title>" + html.EscapeString(text) + "</title>"
	}
	fmt.Fprintf(b, `<text class="%s" x="%d" y="%d">%s%s</text>`+"\n", class, x, y, html.EscapeString(short), title)
}

func svgWidth(text string) float64 {
	return svgCharacter * float64(columns(shortened(printable.Line(text))))
}

// shortened returns a name without its middle if it is long.
func shortened(s string) string {
	runes := []rune(s)
	if len(runes) <= svgLongest {
		return s
	}
	half := svgLongest/2 - 1
	return string(runes[:half]) + "…" + string(runes[len(runes)-half:])
}
