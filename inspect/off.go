package inspect

import "slices"

// String returns what is off and by which line, such as
// "off: legacy.Mailer (services.yaml:9)".
func (o Off) String() string { return "off: " + o.Listener + " (" + o.By + ")" }

// offOf returns what is off of an event.
func (p Provider) offOf(event string) []Off {
	var off []Off
	for _, x := range p.Off {
		if x.Event == event {
			off = append(off, x)
		}
	}
	return off
}

// offAlone returns the events of which all listeners are off, and which therefore are not
// among the events of a report of an order file.
func (p Provider) offAlone() []string {
	var events []string
	for _, x := range p.Off {
		shown := slices.ContainsFunc(p.Events, func(e Event) bool { return e.Event == x.Event })
		if !shown && !slices.Contains(events, x.Event) {
			events = append(events, x.Event)
		}
	}
	return events
}
