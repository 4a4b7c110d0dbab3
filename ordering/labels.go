package ordering

// label is a label with its members. It constrains and never anchors: see
// docs/decisions/labels.md.
type label struct {
	name  string
	items []int32 // in declared order, of all events
}

// indexLabels collects the labels that items have.
func (s *Set) indexLabels() {
	total := 0
	for i := range s.items {
		total += len(s.items[i].Placement.Labels)
	}
	if total == 0 {
		return
	}
	s.byLabel = map[string]int32{}
	s.labelStart, s.labelsOf = make([]int32, len(s.items)+1), make([]int32, 0, total)
	for i := range s.items {
		s.labelStart[i] = int32(len(s.labelsOf))
		for _, name := range s.items[i].Placement.Labels {
			n, known := s.byLabel[name]
			if !known {
				s.labels = append(s.labels, label{name: name})
				n = int32(len(s.labels))
				s.byLabel[name] = n
			}
			l := &s.labels[n-1]
			if last := len(l.items) - 1; last >= 0 && l.items[last] == int32(i) {
				continue // the item has the label twice
			}
			l.items = append(l.items, int32(i))
			s.labelsOf = append(s.labelsOf, n)
		}
	}
	s.labelStart[len(s.items)] = int32(len(s.labelsOf))
}

// labelIndex returns the number of the label that a target means, from 1, or 0 if nobody
// has the label.
func (s *Set) labelIndex(target string) int32 {
	name, _ := labelOf(target)
	return s.byLabel[name]
}

// labelNumbers returns the numbers of an item's labels.
func (s *Set) labelNumbers(item int32) []int32 {
	if s.labelStart == nil {
		return nil
	}
	return s.labelsOf[s.labelStart[item]:s.labelStart[item+1]]
}

// labelNames returns the names of all labels, as targets.
func (s *Set) labelNames() []string {
	names := make([]string, len(s.labels))
	for i, l := range s.labels {
		names[i] = "@" + l.name
	}
	return names
}

// memberAgainstBands returns a member of a label that the order of the bands puts on the
// other side of the item than its hint asks for, or -1. Only the members at the edges of
// the bands need to be looked at, so the cost does not depend on how many there are.
func (s *Set) memberAgainstBands(item int32, h hint, edges map[int32][]bandEdges) int32 {
	if edges[h.label] == nil {
		edges[h.label] = s.bandEdges(h.label)
	}
	for _, e := range edges[h.label] {
		member := e.highest
		if h.side == before {
			member = e.lowest
		}
		if s.contradicts(item, member, h.side) && s.share(s.items[item].Event, e.event) {
			return member
		}
	}
	return -1
}

// bandEdges are the members of a label in the lowest and in the highest band of an event.
type bandEdges struct {
	event           string
	lowest, highest int32
}

func (s *Set) bandEdges(number int32) []bandEdges {
	var all []bandEdges
	of := map[string]int{}
	for _, item := range s.labels[number-1].items {
		event := s.items[item].Event
		i, known := of[event]
		if !known {
			of[event] = len(all)
			all = append(all, bandEdges{event, item, item})
			continue
		}
		if band := s.items[item].Band; band < s.items[all[i].lowest].Band {
			all[i].lowest = item
		} else if band > s.items[all[i].highest].Band {
			all[i].highest = item
		}
	}
	return all
}
