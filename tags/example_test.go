package tags_test

import (
	"fmt"

	"github.com/rollcall-go/rollcall/tags"
)

type Created struct{}

// The compiler checks the names of options, and the event's type.
func ExampleOn() {
	fmt.Println(tags.On[*Created](tags.First))
	fmt.Println(tags.OnName("recipe.created", tags.Priority(10), tags.After("recipes.Indexer", "?metrics.Counter")))
	fmt.Println(tags.Place(tags.Async("mail")))
	// Output:
	// event:"*github.com/rollcall-go/rollcall/tags_test.Created" priority:"first"
	// event:"recipe.created" priority:"10" after:"recipes.Indexer,?metrics.Counter"
	// async:"mail"
}

func ExampleParse() {
	fields, err := tags.Parse(`event:"recipe.created" before:"audit.Log"`)
	fmt.Println(fields.Event, fields.Placement, err)
	_, err = tags.Parse(`evnt:"recipe.created"`)
	fmt.Println(err)
	// Output:
	// recipe.created before audit.Log <nil>
	// tag `evnt:"recipe.created"`, column 1: unknown key "evnt", did you mean event? The keys are event, id, method, group, priority, labels, before, after, async
}
