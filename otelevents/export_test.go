package otelevents

// Remembered is how many events are remembered, and listeners of all of them.
func (o *Observer) Remembered() (events, listeners int) {
	for i := range o.known.table {
		for j := range o.known.table[i] {
			e := o.known.table[i][j].Load()
			if e == nil {
				continue
			}
			events++
			if learned := e.listeners.Load(); learned != nil {
				listeners += len(*learned)
			}
		}
	}
	return events, listeners
}
