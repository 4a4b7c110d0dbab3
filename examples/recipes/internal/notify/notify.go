// Package notify mails people about recipes.
package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/examples/recipes/internal/journal"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/recipes"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/search"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/tags"
)

// Module mails the followers about a new recipe, once the search has it, and the author
// about a rejected one.
var Module = fx.Module("notify",
	fxevents.AsListener(NewMailer, tags.On[*recipes.Created](tags.After("search.Indexer"))),
	fxevents.AsListener(NewAuthor, `event:"recipe.rejected"`),
	fxevents.AsListener(NewDigest, tags.On[*recipes.Created](tags.Last, tags.Before("?metrics.Counter"))),
)

// Mailer mails followers a link to the search, so it runs after the indexer.
type Mailer struct {
	journal *journal.Journal
	index   *search.Indexer
}

// NewMailer makes a mailer.
func NewMailer(j *journal.Journal, index *search.Indexer) *Mailer { return &Mailer{j, index} }

// slow stands for a mail server.
const slow = 2 * time.Millisecond

// Handle fails if the link would find nothing.
func (m *Mailer) Handle(_ context.Context, c *recipes.Created) error {
	if word := strings.Fields(c.Recipe.Title)[0]; len(m.index.Find(word)) == 0 {
		return fmt.Errorf("a mail about %q would link to an empty search", c.Recipe.Title)
	}
	time.Sleep(slow)
	m.journal.Note(c.Recipe.Title, "notify.Mailer")
	return nil
}

// Author explains to authors why their recipe was refused.
type Author struct{ journal *journal.Journal }

// NewAuthor makes an Author.
func NewAuthor(j *journal.Journal) *Author { return &Author{j} }

// Handle mails the author.
func (a *Author) Handle(r *recipes.Rejected) {
	time.Sleep(slow)
	a.journal.Note(r.Recipe.Title, "notify.Author")
}

// Digest counts what the weekly mail will contain.
type Digest struct{ journal *journal.Journal }

// NewDigest makes a Digest.
func NewDigest(j *journal.Journal) *Digest { return &Digest{j} }

// Handle counts a new recipe.
func (d *Digest) Handle(c *recipes.Created) { d.journal.Note(c.Recipe.Title, "notify.Digest") }
