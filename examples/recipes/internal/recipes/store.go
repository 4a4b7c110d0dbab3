package recipes

import (
	"context"
	"fmt"
	"sync"
)

// Store keeps recipes in memory, as the last listener of a submission.
type Store struct {
	mu      sync.Mutex
	recipes map[string]Recipe
}

// NewStore makes an empty store.
func NewStore() *Store { return &Store{recipes: map[string]Recipe{}} }

// OnSubmitted sets the ID of the recipe and stores it.
func (s *Store) OnSubmitted(_ context.Context, e *Submitted) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Recipe.ID = fmt.Sprintf("r%03d", len(s.recipes)+1)
	s.recipes[e.Recipe.ID] = *e.Recipe
	return nil
}

// Get returns the recipe with this ID, and whether there is one.
func (s *Store) Get(id string) (Recipe, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.recipes[id]
	return r, ok
}

// Len returns the number of recipes.
func (s *Store) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.recipes)
}
