package recipes

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
)

// Module declares the events. It also listens to submissions: the validator runs before
// other listeners, the store after them.
var Module = fx.Module("recipes",
	fxevents.Event[*Submitted]("recipe.submitted"),
	fxevents.Event[*Created]("recipe.created"),
	fxevents.Event[*Rejected]("recipe.rejected"),
	fx.Provide(NewStore, NewHandler),
	fxevents.AsListener(NewValidator, `event:"recipe.submitted" priority:"first"`),
	fxevents.Listen((*Store).OnSubmitted, `priority:"last"`),
)
