package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// goal is a ratio of two benchmarks that should not be exceeded.
type goal struct {
	what          string
	name, against string
	from          string  // if the goal is growth, the size that the ratio grows from
	plus          float64 // if ratio is 0, the goal is against + plus, in ns
	ratio         float64
	floor         string // a benchmark of what Go or the container takes by itself
}

// tolerance is how much worse than its goal a ratio may be before -check fails:
// runs differ.
const tolerance = 1.3

var goals = []goal{
	{what: "emitter, 1 listener: ns above the bare loop, where that takes 4", name: "Dispatch/emitter/1", against: "Dispatch/limit/1", plus: 6},
	{what: "emitter, 10 listeners", name: "Dispatch/emitter/10", against: "Dispatch/limit/10", ratio: 1.2, floor: "Dispatch/limit-recover/10"},
	{what: "emitter, 100 listeners", name: "Dispatch/emitter/100", against: "Dispatch/limit/100", ratio: 1.1, floor: "Dispatch/limit-recover/100"},
	{what: "emitter of a mutable provider, to one of a fixed provider, 1 listener", name: "Dispatch/emitter-mutable/1", against: "Dispatch/emitter/1", ratio: 1.05},
	{what: "emitter of a mutable provider, to one of a fixed provider, 10 listeners", name: "Dispatch/emitter-mutable/10", against: "Dispatch/emitter/10", ratio: 1.05},
	{what: "emitter of an application with Runtime, to one without, 1 listener", name: "Dispatch/emitter-runtime/1", against: "Dispatch/emitter-app/1", ratio: 1.05},
	{what: "emitter of an application with Runtime, to one without, 10 listeners", name: "Dispatch/emitter-runtime/10", against: "Dispatch/emitter-app/10", ratio: 1.05},
	{what: "emitter of an application with Runtime, to one without, 100 listeners", name: "Dispatch/emitter-runtime/100", against: "Dispatch/emitter-app/100", ratio: 1.05},
	{what: "emitter, 10 listeners, cancellable context", name: "Dispatch/emitter-cancel/10", against: "Dispatch/limit-cancel/10", ratio: 1.2, floor: "Dispatch/limit-cancel-recover/10"},
	{what: "emitter, 100 listeners, cancellable context", name: "Dispatch/emitter-cancel/100", against: "Dispatch/limit-cancel/100", ratio: 1.2, floor: "Dispatch/limit-cancel-recover/100"},
	{what: "dispatcher, 10 listeners", name: "Dispatch/dispatcher/10", against: "Dispatch/limit/10", ratio: 2},
	{what: "dispatcher, 100 listeners", name: "Dispatch/dispatcher/100", against: "Dispatch/limit/100", ratio: 2},
	{what: "emitter from 2 cores at once, to 1", name: "DispatchParallel/emitter/10-2", against: "DispatchParallel/emitter/10", ratio: 0.6},
	{what: "order of 100,000", name: "Order/rollcall/100000", against: "Order/limit/100000", ratio: 2},
	{what: "order: growth from 10,000 to 100,000, to that of the bare sort", name: "Order/rollcall/100000", against: "Order/limit/100000", from: "10000", ratio: 1.2},
	{what: "emitter to mediatr, 10 listeners", name: "Dispatch/emitter/10", against: "Dispatch/mediatr/10", ratio: 1.0 / 3},
	{what: "assembly of 1,000 by Listen", name: "Assemble/listen/1000", against: "Assemble/limit/1000", ratio: 1.4, floor: "Assemble/limit-listener/1000"},
	{what: "assembly of 1,000 by AsListener", name: "Assemble/aslistener/1000", against: "Assemble/limit/1000", ratio: 3},
	{what: "assembly of a list of 1,000", name: "Assemble/list/1000", against: "Assemble/list-limit/1000", ratio: 1.6},
	{what: "assembly of a list of 1,000, with parameters and errors", name: "Assemble/list-parameters/1000", against: "Assemble/list-limit-parameters/1000", ratio: 2.5},
	{what: "1,000 listeners without work in parallel, to an errgroup, limit 8", name: "ParallelNoWork/rollcall/8", against: "ParallelNoWork/errgroup/8", ratio: 3},
	{what: "1,000 listeners without work in parallel, to an errgroup, limit 1,000", name: "ParallelNoWork/rollcall/1000", against: "ParallelNoWork/errgroup/1000", ratio: 3},
}

// reached returns the measured figure of a goal, or false if the input has none.
func (g goal) reached(r *results) (float64, bool) {
	if g.from != "" {
		return g.growth(r)
	}
	if g.ratio > 0 {
		return r.compared(g.name, g.against)
	}
	ratio, ok := r.compared(g.name, g.against)
	return (ratio - 1) * bareLoop, ok
}

// bareLoop is the time of the bare loop over one listener, in ns, on the machine that a
// goal in ns is for. A slower machine scales both.
const bareLoop = 4

// compared returns the ratio of two benchmarks. It prefers the figure of the two
// running by turns, if there is one.
func (r *results) compared(name, against string) (float64, bool) {
	if ratio, ok := r.median(byTurns(name, against), "ratio"); ok {
		return ratio, true
	}
	return r.ratio(name, against, "ns/op")
}

// byTurns is the benchmark that compares two of three parts, such as
// "DispatchByTurns/emitter/limit/10" for "Dispatch/emitter/10" and
// "Dispatch/limit/10".
func byTurns(name, against string) string {
	family, rest, _ := strings.Cut(name, "/")
	_, other, _ := strings.Cut(against, "/")
	if first, size, ok := strings.Cut(rest, "/"); ok && strings.HasSuffix(other, "/"+size) {
		rest = first
	}
	return family + "ByTurns/" + rest + "/" + other
}

// growth returns how much the ratio grows with the size.
func (g goal) growth(r *results) (float64, bool) {
	smaller := func(name string) string { return name[:strings.LastIndexByte(name, '/')+1] + g.from }
	large, ok := r.compared(g.name, g.against)
	small, okSmall := r.compared(smaller(g.name), smaller(g.against))
	return large / small, ok && okSmall
}

// wanted returns the figure of the goal itself.
func (g goal) wanted() float64 {
	if g.ratio == 0 {
		return g.plus
	}
	return g.ratio
}

// floorRatio returns the ratio of the floor, or 0 if there is no floor or no figure for it.
func (g goal) floorRatio(r *results) float64 {
	ratio, _ := r.compared(g.floor, g.against)
	return ratio
}

// verdict prints each goal that the input has figures for. It returns an error if
// a goal is missed by more than the tolerance, or if a dispatch of ours allocates.
func verdict(out io.Writer, r *results) error {
	var problems []error
	for _, g := range goals {
		got, ok := g.reached(r)
		if !ok {
			continue
		}
		problems = append(problems, judge(out, g.what, got, g.wanted()))
	}
	for _, way := range []string{"emitter", "emitter-mutable", "emitter-app", "emitter-runtime", "emitter-cancel", "generic", "dispatcher"} {
		for _, n := range []string{"1", "10", "100"} {
			if allocs, ok := r.median("Dispatch/"+way+"/"+n, "allocs/op"); ok && allocs > 0 {
				problems = append(problems, fmt.Errorf("%s to %s listeners allocates %v times", way, n, allocs))
			}
		}
	}
	return errors.Join(append(problems, outboxProblems(out, r)...)...)
}

// judge prints a figure and its goal. It returns an error if the goal is missed by more than
// the tolerance.
func judge(out io.Writer, what string, got, goal float64) error {
	fmt.Fprintf(out, "%-70s %6.2f, goal %.2f\n", what, got, goal)
	if got > goal*tolerance {
		return fmt.Errorf("%s: %.2f, more than %.0f %% above %.2f", what, got, (tolerance-1)*100, goal)
	}
	return nil
}
