// Package ordering sorts listeners that say where they want to run.
//
// Modules hint: a [Priority], or targets to run [Before] or [After]. [Sort]
// finds for each event one order that keeps every hint, moves no listener without need,
// and is the same on every run. It returns the [Reason] for the place of each listener.
// The rules:
//
//  1. Every before and after holds in the result, or Sort fails with a
//     [CycleError] that shows the shortest ring of hints.
//  2. Without targets: first before every number before last; higher numbers
//     earlier; equal ones in declared order. No priority means 0. Of several
//     first, the one declared last runs first; of several last, the one
//     declared last runs last.
//  3. A listener with targets and no priority runs right next to its anchor:
//     right after the first target of its after list, or, having none, right
//     before the first of its before list. Several on one side of one anchor
//     keep declared order. Blocks nest. Of members that anchor only each
//     other, the one declared earliest takes priority 0.
//  4. A listener with both keeps its priority's place if that satisfies its
//     targets. If it does not, the listener that has the hint moves, no
//     further than it must: before pulls it up, after pushes it down.
//     Other listeners keep their order.
//  5. A listener that names nobody and is named by nobody never changes the
//     relative order of the others.
//  6. The result depends on declared order and placements alone.
//
// # How
//
// Listeners without a priority hang beside their anchors; the forest, its
// roots sorted by rule 2, is laid out in order. That sequence satisfies rules
// 2 and 3. Two topological sorts then make the remaining hints hold, each
// leaving alone what is valid already: one from the back over the before hints,
// which pulls listeners up, one from the front over all hints, which pushes
// them down.
//
// Sorting V listeners with E hints costs O((V+E) log V). Sorting 100,000 listeners with
// 200,000 hints takes about a quarter of a second on two cores of an AMD EPYC
// (go test -run '^$' -bench Sort ./ordering).
//
// The package has no state; everything in it may be used concurrently.
package ordering
