// Package values contributes to lists in unusual ways. // want package:"uses rollcall"
package values

import (
	"net/http"
	"os"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/tags"
)

type (
	Wrap    func(http.Handler) http.Handler
	Route   struct{ Path string }
	Closer  interface{ Close() error }
	Numbers map[string]int
)

type file struct{ *os.File }

func newFile() (*file, error) { return &file{os.Stdin}, nil }

type noop struct{}

func (noop) Close() error { return nil }

// newWrap returns a function that is assignable to a Wrap.
func newWrap(routes []Route) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler { return next }
}

func gzip(next http.Handler) http.Handler { return next }

var cors Wrap = gzip

func routes() []Route { return []Route{{"/a"}, {"/b"}} }

// Application has four lists.
func Application() fx.Option {
	options := []fx.Option{
		fxevents.Module(),
		fxevents.Ordered[Wrap]("wraps"), fxevents.Ordered[Route]("routes"), fxevents.Ordered[Closer]("closers"), fxevents.Ordered[Numbers]("numbers"),
		fxevents.Contribute[Wrap](newWrap, `id:"wrap" before:"values.gzip"`),
		fxevents.ContributeValue[Wrap](gzip),
		fxevents.ContributeValue(cors, `id:"cors"`),
		fxevents.Contribute[Closer](newFile, `id:"file"`),
		fxevents.ContributeValue[Closer](noop{}, tags.Place(tags.After("file"))),
		fxevents.ContributeValue(Numbers{"one": 1}),
	}
	for _, r := range routes() {
		options = append(options, fxevents.ContributeValue(r, tags.Place(tags.ID(r.Path))))
	}
	return fx.Options(append(options, fxevents.ContributeValue(Route{"/"}, `id:"root" after:"/a,/b"`))...)
}
