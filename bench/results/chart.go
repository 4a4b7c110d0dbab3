package main

import (
	"fmt"
	"math"
	"strings"
)

const chartStyle = `text{font:13px system-ui,sans-serif;fill:#1b1f24}.n{text-anchor:end}.v{fill:#57606a}.p{fill:#b6c2cf}.o{fill:#4a7ebb}.l{fill:#8a949e}.g{fill:#fff}.t{font-weight:600}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.v{fill:#9da7b3}.p{fill:#3d4855}.o{fill:#5b8fd1}.l{fill:#6b7580}.g{fill:#0d1117}}`

// chart draws the time of a dispatch to 10 listeners, on a logarithmic scale.
func chart(r *results) string {
	const left, width, row = 170, 440, 26
	var body strings.Builder
	names := dispatchers(r)
	longest := 1.0
	for _, name := range names {
		value, _ := r.median("Dispatch/"+name+"/10", "ns/op")
		longest = max(longest, value)
	}
	y := 40
	for _, name := range names {
		value, _ := r.median("Dispatch/"+name+"/10", "ns/op")
		length := width * math.Log10(value) / math.Log10(longest)
		fmt.Fprintf(&body, `<text class="n" x="%d" y="%d">%s</text><rect class="%s" x="%d" y="%d" width="%.0f" height="18" rx="2"/><text class="v" x="%.0f" y="%d">%s</text>`+"\n",
			left-10, y+14, name, class(name), left, y, length, left+length+8, y+14, nanoseconds(value))
		y += row
	}
	total := left + width + 90
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img">
<title>Time of a dispatch to 10 listeners</title><style>%[3]s</style><rect class="g" width="%[1]d" height="%[2]d"/>
<text class="t" x="%[4]d" y="24">One event to 10 listeners (logarithmic)</text>
%[5]s</svg>
`, total, y+10, chartStyle, left, body.String())
}

// class returns the CSS class of a bar: one for ours, one for limits, one for peers.
func class(name string) string {
	switch name {
	case "emitter", "emitter-mutable", "emitter-app", "emitter-runtime", "emitter-cancel", "generic", "dispatcher":
		return "o"
	}
	if strings.HasPrefix(name, "limit") {
		return "l"
	}
	return "p"
}
