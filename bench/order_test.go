package bench_test

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/dominikbraun/graph"
	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/graph/topo"

	gonum "gonum.org/v1/gonum/graph"

	"github.com/rollcall-go/rollcall/ordering"
)

// tangle is n items with a priority and two hints each that can all hold.
func tangle(n int) []ordering.Item {
	random := rand.New(rand.NewPCG(1, 2))
	place := random.Perm(n)
	items := make([]ordering.Item, n)
	for i := range items {
		items[i].ID = fmt.Sprintf("listener%06d", i)
	}
	for i := range items {
		p := &items[i].Placement
		p.Priority = ordering.At(random.IntN(100))
		for range 2 {
			other := random.IntN(n)
			switch target := (ordering.Target{ID: items[other].ID}); {
			case place[other] < place[i]:
				p.After = append(p.After, target)
			case place[other] > place[i]:
				p.Before = append(p.Before, target)
			}
		}
	}
	return items
}

// BenchmarkOrder sorts N items with two hints each.
func BenchmarkOrder(b *testing.B) {
	for _, impl := range []struct {
		name string
		most int
		sort func([]ordering.Item) (int, error)
	}{
		{"limit", 100_000, kahn},
		{"rollcall", 100_000, sortRollcall},
		{"gonum", 100_000, sortGonum},
		{"dominikbraun", 1_000, sortDominikbraun},
	} {
		for _, n := range []int{100, 1_000, 10_000, 100_000} {
			if n > impl.most {
				continue
			}
			items := tangle(n)
			b.Run(fmt.Sprintf("%s/%d", impl.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if got, err := impl.sort(items); got != n || err != nil {
						b.Fatalf("%d of %d sorted, %v", got, n, err)
					}
				}
			})
		}
	}
}

// edges calls visit for each hint, the one that runs first first.
func edges(items []ordering.Item, visit func(from, to string)) {
	for _, it := range items {
		for _, t := range it.Placement.Before {
			visit(it.ID, t.ID)
		}
		for _, t := range it.Placement.After {
			visit(t.ID, it.ID)
		}
	}
}

func sortRollcall(items []ordering.Item) (int, error) {
	orders, err := ordering.Sort(items)
	if err != nil {
		return 0, err
	}
	return len(orders[0].Placed), nil
}

// kahn is the least: Kahn's algorithm with a heap over the IDs, no reasons kept.
func kahn(items []ordering.Item) (int, error) {
	waits, out := make(map[string]int, len(items)), make(map[string][]string, len(items))
	edges(items, func(from, to string) {
		waits[to]++
		out[from] = append(out[from], to)
	})
	var ready stringHeap
	for _, it := range items {
		if waits[it.ID] == 0 {
			ready = append(ready, it.ID)
		}
	}
	heap.Init(&ready)
	var sorted []string
	for len(ready) > 0 {
		id := heap.Pop(&ready).(string)
		sorted = append(sorted, id)
		for _, to := range out[id] {
			if waits[to]--; waits[to] == 0 {
				heap.Push(&ready, to)
			}
		}
	}
	return len(sorted), nil
}

type stringHeap []string

func (h stringHeap) Len() int           { return len(h) }
func (h stringHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h stringHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *stringHeap) Push(x any)        { *h = append(*h, x.(string)) }
func (h *stringHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func sortGonum(items []ordering.Item) (int, error) {
	g := simple.NewDirectedGraph()
	node := make(map[string]gonum.Node, len(items))
	for i, it := range items {
		node[it.ID] = simple.Node(i)
		g.AddNode(node[it.ID])
	}
	edges(items, func(from, to string) { g.SetEdge(g.NewEdge(node[from], node[to])) })
	sorted, err := topo.SortStabilized(g, func(nodes []gonum.Node) {
		slices.SortFunc(nodes, func(a, b gonum.Node) int { return int(a.ID() - b.ID()) })
	})
	return len(sorted), err
}

func sortDominikbraun(items []ordering.Item) (int, error) {
	g := graph.New(graph.StringHash, graph.Directed())
	for _, it := range items {
		if err := g.AddVertex(it.ID); err != nil {
			return 0, err
		}
	}
	edges(items, func(from, to string) { _ = g.AddEdge(from, to) }) // a hint may stand twice
	sorted, err := graph.StableTopologicalSort(g, func(a, b string) bool { return a < b })
	return len(sorted), err
}
