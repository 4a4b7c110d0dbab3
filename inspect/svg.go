package inspect

import (
	"bufio"
	"fmt"
	"html"
	"strings"

	"github.com/rollcall-go/rollcall/internal/printable"
)

// Dimensions in the picture, in pixels. Text is monospaced, so its width is known without
// a font.
const (
	svgMargin    = 16
	svgRow       = 28 // height of a listener with the gap below it
	svgBox       = 22 // height of its box
	svgHeading   = 34
	svgCharacter = 7.9 // width of a character of 13 px, rounded up
	svgLane      = 10  // between the arcs of hints
	svgLongest   = 100 // characters shown of a name; the title has all of it
)

const svgTitle = "The order of event listeners"

const svgStyle = `text{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#1b1f24}
.h{font-weight:bold}.r{fill:#57606a}.b{fill:#eef4fb;stroke:#4a7ebb}.a{fill:none;stroke:#9a6700}.m{fill:#9a6700}.g{fill:#fff}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.r{fill:#9da7b3}.b{fill:#152238;stroke:#5b8fd1}.a{stroke:#d4a72c}.m{fill:#d4a72c}.g{fill:#0d1117}}`

// writeSVG draws each event as a column of boxes in the order in which the listeners run.
// The reasons are beside the boxes, and the hints are arcs on the left.
func writeSVG(w *bufio.Writer, r Report) error {
	var body strings.Builder
	y, width := svgMargin, 0.0
	r.eachEvent(func(n int, p Provider, e Event) {
		bottom, right := svgEvent(&body, y, p.ID+": "+e.Event, e)
		y, width = bottom+svgMargin, max(width, right)
	})
	right := int(width) + svgMargin
	fmt.Fprint(w, svgStart(right, y), ">\n")
	fmt.Fprintf(w, "<title>%s</title>\n<style>%s</style>\n", svgTitle, svgStyle)
	fmt.Fprintf(w, `<rect class="g" width="%d" height="%d"/>`+"\n%s</svg>\n", right, y, body.String())
	return nil
}

// SVG returns a picture of the event as an svg element for an HTML page. Names in it are
// escaped. It has no style element, since a page's Content-Security-Policy may forbid one.
// Add the styles to the page's style sheet: write your own, or copy the content of the style
// element from the output of [Report.Write].
func (e Event) SVG() string {
	var body strings.Builder
	bottom, right := svgEvent(&body, svgMargin, e.Event, e)
	return svgStart(int(right)+svgMargin, bottom+svgMargin) + ` aria-label="` + svgTitle + `">` + body.String() + "</svg>"
}

// svgStart returns the start tag of a picture without the closing ">", so that attributes
// may follow.
func svgStart(width, height int) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img"`, width, height)
}

// svgEvent draws one event below y, and returns its bottom and right edges.
func svgEvent(b *strings.Builder, y int, heading string, e Event) (bottom int, right float64) {
	svgText(b, "h", svgMargin, y+svgBox-6, heading)
	right = svgMargin + svgWidth(heading)
	top := y + svgHeading
	if len(e.Listeners) == 0 {
		svgText(b, "r", svgMargin, top+svgBox-6, "nobody listens")
		return top + svgRow, right
	}
	arrows := e.arrows()
	lane, count := lanes(arrows)
	left := svgMargin + svgLane*(count+1)
	box := 0.0
	for i, l := range e.Listeners {
		box = max(box, svgWidth(numbered(i, l))+16)
	}
	for i, l := range e.Listeners {
		row := top + i*svgRow
		fmt.Fprintf(b, `<rect class="b" x="%d" y="%d" width="%.0f" height="%d" rx="4"/>`+"\n", left, row, box, svgBox)
		svgText(b, "", left+8, row+svgBox-6, numbered(i, l))
		svgText(b, "r", left+int(box)+12, row+svgBox-6, l.reasonAlone())
		right = max(right, float64(left)+box+12+svgWidth(l.reasonAlone()))
	}
	svgArcs(b, left, top, arrows, lane)
	return top + len(e.Listeners)*svgRow, right
}

func numbered(i int, l Listener) string { return fmt.Sprintf("%d. %s", i+1, l.ID) }

// lanes assigns each arrow the innermost lane that is free along its whole length. The
// arrows must be sorted by their upper ends.
func lanes(arrows []arrow) (lane []int, count int) {
	var free []int // lane → the row from which it is free
	for _, a := range arrows {
		n := 0
		for n < len(free) && free[n] > a.top() {
			n++
		}
		if n == len(free) {
			free = append(free, 0)
		}
		free[n] = a.bottom() + 1
		lane = append(lane, n)
	}
	return lane, len(free)
}

func svgArcs(b *strings.Builder, left, top int, arrows []arrow, lane []int) {
	for i, a := range arrows {
		x := left - svgLane*(lane[i]+1)
		from, to := top+a.from*svgRow+svgBox/2, top+a.to*svgRow+svgBox/2
		fmt.Fprintf(b, `<path class="a" d="M%d %dH%dV%dH%d"/><path class="m" d="M%d %dl-6 -3v6z"/>`+"\n",
			left, from+3, x, to-3, left-2, left, to-3)
	}
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
