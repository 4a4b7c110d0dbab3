// Package search finds recipes by words, and refuses duplicates.
package search

import (
	"context"
	"strings"
	"sync"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/examples/recipes/internal/journal"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/recipes"
	"github.com/rollcall-go/rollcall/fxevents"
)

// Module listens to submissions, to refuse duplicates, and to new recipes, to
// index them.
var Module = fx.Module("search",
	fx.Provide(NewIndexer),
	fxevents.Listen((*Indexer).OnSubmitted, `after:"recipes.Validator"`),
	fxevents.Listen((*Indexer).OnCreated),
)

// Indexer is the index.
type Indexer struct {
	journal *journal.Journal

	mu     sync.Mutex
	titles map[string]bool
	words  map[string][]string // word → IDs
}

// NewIndexer makes an empty index.
func NewIndexer(j *journal.Journal) *Indexer {
	return &Indexer{journal: j, titles: map[string]bool{}, words: map[string][]string{}}
}

// OnSubmitted refuses a title that another recipe already has.
func (i *Indexer) OnSubmitted(_ context.Context, s *recipes.Submitted) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	title := strings.ToLower(s.Recipe.Title)
	if i.titles[title] {
		s.Refuse("there is a recipe of this title already")
		return nil
	}
	i.titles[title] = true
	return nil
}

// OnCreated indexes the words of the title and the ingredients.
func (i *Indexer) OnCreated(_ context.Context, c *recipes.Created) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, word := range strings.Fields(strings.ToLower(c.Recipe.Title + " " + strings.Join(c.Recipe.Ingredients, " "))) {
		i.words[word] = append(i.words[word], c.Recipe.ID)
	}
	i.journal.Note(c.Recipe.Title, "search.Indexer")
	return nil
}

// Find returns the IDs of the recipes with this word.
func (i *Indexer) Find(word string) []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]string(nil), i.words[strings.ToLower(word)]...)
}
