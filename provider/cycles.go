package provider

import (
	"errors"
	"slices"
)

// cycles joins the cycles of any event that is listened to. If the hints of all members
// together have none, no event can have one.
func (s *sorter) cycles() error {
	if _, err := s.place(s.matcher.keys); err == nil {
		return nil
	}
	var problems []error
	for _, k := range s.matcher.keys {
		_, err := s.place(s.matcher.match(k.Type(), k.Name()))
		problems = append(problems, err)
	}
	return errors.Join(append(problems, s.cyclesOfUnknown())...)
}

// cyclesOfUnknown joins the cycles that an event may meet whose type or name is not known
// now. It may implement every interface that is listened to or declared with a name, and
// it may have any name of its own if no declared type has the name, or an interface, or
// if its type has an EventName method.
func (s *sorter) cyclesOfUnknown() error {
	unknown := s.matcher.unknown()
	_, err := s.place(unknown)
	problems := []error{err}
	types := s.matcher.namedTypes()
	for _, k := range s.matcher.keys {
		if k.Type() != nil {
			continue
		}
		if s.matcher.mayNameUnknown(k.Name()) && !slices.Contains(unknown, k) {
			_, err := s.place(append(slices.Clone(unknown), k))
			problems = append(problems, err)
		}
		for _, t := range types {
			_, err := s.place(s.matcher.match(t, k.Name()))
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}
