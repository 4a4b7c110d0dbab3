package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sort"
	"strings"
)

// report is RESULTS.md.
func report(r *results) string {
	var b strings.Builder
	b.WriteString("# Results\n\nMedians of several runs, each in its own process. If a run repeats a benchmark, the fastest repetition counts. Ratios are medians of the ratios within the runs. For a ratio with a goal, both benchmarks run by turns: each turn is a few microseconds of a dispatch, or one assembly that begins with no garbage. Such a ratio may differ from the ratio of the times below, which are taken one after the other. Figures in ns differ between machines; ratios hardly do. To repeat the measurements: `make bench`.\n\n")
	fmt.Fprintf(&b, "Machine: %s, %d cores, %s.\n\n", strings.Join(r.machine, ", "), runtime.NumCPU(), runtime.Version())
	b.WriteString("## Goals\n\n| what | reached | goal | |\n|---|---|---|---|\n")
	for _, g := range goals {
		if got, ok := g.reached(r); ok {
			note := ""
			if got > g.wanted() {
				note = g.shortfall(r)
			}
			fmt.Fprintf(&b, "| %s | %.2f | %.2f | %s |\n", g.what, got, g.wanted(), note)
		}
	}
	b.WriteString("\n`limit` is a bare loop over functions, a bare sort or a bare value group. `limit-recover` is the least that a dispatch must do, written for this one event: it finds its list, checks whether the context can be cancelled, and turns a panic into an error that names the listener. `limit-cancel-recover` is the same with a cancellable context. `limit-cancel` checks the context before each call. `limit-listener` is a bare value group of `rollcall.Listener`, registered through a function and collected by a module. Its constructors also take a counter, for declared order. It is what `Listen` asks of the container, without rollcall.\n")
	b.WriteString("\n## Dispatch\n\nOne event to N listeners that each add to a counter.\n\n| | 1 | 10 | 100 | allocations at 10 |\n|---|---|---|---|---|\n")
	for _, name := range dispatchers(r) {
		fmt.Fprintf(&b, "| %s |", name)
		for _, n := range []string{"1", "10", "100"} {
			value, _ := r.median("Dispatch/"+name+"/"+n, "ns/op")
			fmt.Fprintf(&b, " %s |", nanoseconds(value))
		}
		allocs, _ := r.median("Dispatch/"+name+"/10", "allocs/op")
		fmt.Fprintf(&b, " %.0f |\n", allocs)
	}
	b.WriteString("\n`kelindar` is asynchronous: its time ends when all listeners have run.\n\n## Everything else\n\n| benchmark | time | allocated | allocations |\n|---|---|---|---|\n")
	for _, name := range r.order {
		if strings.HasPrefix(name, "Dispatch/") || strings.HasPrefix(name, "Memory") || strings.Contains(name, "ByTurns/") {
			continue
		}
		value, _ := r.median(name, "ns/op")
		bytes, _ := r.median(name, "B/op")
		allocs, _ := r.median(name, "allocs/op")
		fmt.Fprintf(&b, "| %s | %s | %.0f B | %.0f |\n", name, nanoseconds(value), bytes, allocs)
	}
	listener, _ := r.median("Memory", "bytes/listener")
	event, _ := r.median("Memory", "bytes/event")
	fmt.Fprintf(&b, "\nKept at 4,000 listeners of 400 events: %.0f bytes for a listener beyond itself, %.0f for an event.\n", listener, event)
	fmt.Fprintf(&b, "\n## Versions\n\n```text\n%s```\n", versions())
	return b.String()
}

// shortfall describes a goal that is not reached: its floor, if it has one.
func (g goal) shortfall(r *results) string {
	if g.floor == "" {
		return "not reached"
	}
	return fmt.Sprintf("the floor is %.2f: see [FLOOR.md](FLOOR.md)", g.floorRatio(r))
}

// dispatchers are the implementations, the fastest at 10 listeners first.
func dispatchers(r *results) []string {
	var names []string
	for _, full := range r.order {
		parts := strings.Split(full, "/")
		if parts[0] == "Dispatch" && strings.TrimSuffix(parts[2], "-"+cores(full)) == "10" {
			names = append(names, parts[1])
		}
	}
	sort.SliceStable(names, func(i, j int) bool {
		a, _ := r.median("Dispatch/"+names[i]+"/10", "ns/op")
		b, _ := r.median("Dispatch/"+names[j]+"/10", "ns/op")
		return a < b
	})
	return names
}

func nanoseconds(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.1f ms", v/1e6)
	case v >= 1e4:
		return fmt.Sprintf("%.1f µs", v/1e3)
	case v >= 100:
		return fmt.Sprintf("%.0f ns", v)
	}
	return fmt.Sprintf("%.1f ns", v)
}

// versions lists the modules and their versions, as go list reports them.
func versions() string {
	list := exec.Command("go", "list", "-m", "-f", "{{if not .Indirect}}{{.Path}} {{.Version}}{{end}}", "all")
	list.Env = append(os.Environ(), "GOWORK=off")
	out, err := list.Output()
	if err != nil {
		return err.Error() + "\n"
	}
	var lines []string
	for _, line := range strings.Split(string(out), "\n") {
		if strings.Contains(line, " v") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
