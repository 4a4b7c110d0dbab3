package suggest

import "slices"

// maxSuggesting bounds the work spent on suggestions, in compared pairs of bytes: about
// half a second.
const maxSuggesting = 1 << 26

// Suggester finds what many misspelt names were meant to be, within a bounded time. It
// is not for concurrent use.
type Suggester struct {
	candidates func() []string
	names      []string // the candidates, once a name is misspelt
	length     int      // of all of them
	left       int
}

// NewSuggester returns a Suggester that asks for its candidates once, at the first
// misspelt name.
func NewSuggester(candidates func() []string) *Suggester {
	return &Suggester{candidates: candidates, left: maxSuggesting}
}

// load asks for the candidates at the first misspelt name, and returns them.
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
