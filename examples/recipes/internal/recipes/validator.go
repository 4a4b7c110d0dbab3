package recipes

import "strings"

// Validator refuses recipes that nobody could cook.
type Validator struct{}

// NewValidator makes a validator.
func NewValidator() *Validator { return &Validator{} }

// Handle checks a submission.
func (*Validator) Handle(s *Submitted) {
	switch r := s.Recipe; {
	case strings.TrimSpace(r.Title) == "":
		s.Refuse("the title is missing")
	case len(r.Title) > 80:
		s.Refuse("the title is longer than 80 bytes")
	case r.Minutes <= 0:
		s.Refuse("minutes must be more than 0")
	case len(r.Ingredients) == 0:
		s.Refuse("there are no ingredients")
	}
}
