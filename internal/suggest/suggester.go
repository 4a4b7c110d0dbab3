package suggest

import "slices"

// maxSuggesting limits the work spent on suggestions, in compared pairs of bytes. It
// takes about half a second.
const maxSuggesting = 1 << 26

// Suggester suggests names for many misspelt names, within a bounded time. It is not for
// concurrent use.
type Suggester struct {
	candidates func() []string
	names      []string // the candidates; nil until the first misspelt name
	length     int      // total length of the names
	left       int
}

// NewSuggester returns a Suggester that asks for its candidates once, at the first
// misspelt name.
func NewSuggester(candidates func() []string) *Suggester {
	return &Suggester{candidates: candidates, left: maxSuggesting}
}

// load returns the candidates. It asks for them when it is first called.
func (s *Suggester) load() []string {
	if s.names == nil {
		s.names = s.candidates()
		for _, n := range s.names {
			s.length += min(len(n), MaxLength)
		}
	}
	return s.names
}

// Name is like the function Name, for a candidate other than own. It returns "" if none
// is near, or if the time for suggestions is used up.
func (s *Suggester) Name(name, own string) string {
	names := s.load()
	if s.left -= s.length * min(len(name), MaxLength); s.left < 0 {
		return ""
	}
	if i := slices.Index(names, own); i >= 0 {
		names = slices.Delete(slices.Clone(names), i, i+1)
	}
	near, _ := Name(name, names)
	return near
}
