// Package recipes takes in recipes and stores them. It owns the events that other modules
// listen to, and knows none of these modules.
package recipes

import "github.com/rollcall-go/rollcall/event"

// Recipe is what users submit.
type Recipe struct {
	ID          string   `json:"id,omitempty"`
	Title       string   `json:"title"`
	Author      string   `json:"author"`
	Minutes     int      `json:"minutes"`
	Ingredients []string `json:"ingredients"`
}

// Submitted happens before a recipe is stored. A listener that refuses the recipe calls
// Refuse, which stops the event.
type Submitted struct {
	event.Propagation
	Recipe  *Recipe
	Refusal string
}

// Refuse refuses the recipe and stops the event.
func (s *Submitted) Refuse(why string) {
	s.Refusal = why
	s.StopPropagation()
}

// Created happens after a recipe is stored, Rejected after it is refused.
type (
	Created  struct{ Recipe Recipe }
	Rejected struct {
		Recipe Recipe
		Reason string
	}
)

// Summary describes the event in a line.
func (s *Submitted) Summary() string { return "submitted " + s.Recipe.Title }

// Summary describes the event in a line.
func (c *Created) Summary() string { return "created " + c.Recipe.ID }

// Summary describes the event in a line.
func (r *Rejected) Summary() string { return "rejected: " + r.Reason }

// Title returns what the pages about events show of an event: only the recipe's title.
func Title(ev any) string {
	switch e := ev.(type) {
	case *Submitted:
		return e.Recipe.Title
	case *Created:
		return e.Recipe.Title
	case *Rejected:
		return e.Recipe.Title
	}
	return ""
}
