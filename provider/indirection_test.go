package provider_test

import (
	"errors"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/provider"
)

type parcel struct{}

// An event whose pointer is declared is not lost silently, nor is a pointer to a declared
// event, whatever listens.
func TestIndirectionOfDispatched(t *testing.T) {
	ctx := t.Context()
	byPointer, byValue := rollcall.Declare[*parcel]("parcel.sent"), rollcall.Declare[parcel]("")
	byPointer.Source = "post/module.go:12"
	anything := rollcall.NewListener[any]("any", func(any) {})
	pointers := rollcall.NewDispatcher(coretest.Must[*provider.Sorted](t)(provider.Build(
		listeners{anything, rollcall.NewListener[*parcel]("p", func(*parcel) {})}, []rollcall.Declaration{byPointer})))
	values := rollcall.NewDispatcher(coretest.Must[*provider.Sorted](t)(provider.Build(nil, []rollcall.Declaration{byValue})))
	both := rollcall.NewDispatcher(coretest.Must[*provider.Sorted](t)(provider.Build(nil, []rollcall.Declaration{byPointer, byValue})))
	none := rollcall.NewDispatcher(coretest.Must[*provider.Sorted](t)(provider.Build(listeners{anything}, nil)))
	const noPointer = "the dispatched event is a provider_test.parcel, but the declared event parcel.sent is a *provider_test.parcel (post/module.go:12): " +
		"dispatch that, or declare provider_test.parcel, too"
	const noValue = "the dispatched event is a *provider_test.parcel, but the declared event is a provider_test.parcel: " +
		"dispatch that, or declare *provider_test.parcel, too"
	typed := func(d rollcall.Dispatcher) error { _, err := rollcall.Dispatch(ctx, d, parcel{}); return err }
	for i, tt := range []struct {
		got  func() error
		want string
	}{
		{func() error { return pointers.Dispatch(ctx, parcel{}) }, noPointer},
		{func() error { return typed(pointers) }, noPointer},
		{func() error { return rollcall.NewEmitter[parcel](pointers).Emit(ctx, parcel{}) }, noPointer},
		{func() error { return pointers.Dispatch(ctx, &parcel{}) }, ""},
		{func() error { return values.Dispatch(ctx, &parcel{}) }, noValue},
		{func() error { return rollcall.NewEmitter[*parcel](values).Emit(ctx, &parcel{}) }, noValue},
		{func() error { return values.Dispatch(ctx, parcel{}) }, ""},
		{func() error { return both.Dispatch(ctx, parcel{}) }, ""},
		{func() error { return both.Dispatch(ctx, &parcel{}) }, ""},
		{func() error { return none.Dispatch(ctx, parcel{}) }, ""},
	} {
		for range 2 { // an answer may be remembered
			err := tt.got()
			var indirection *provider.IndirectionError
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("%d: got %v", i, err)
			case tt.want != "" && (!errors.As(err, &indirection) || err.Error() != tt.want):
				t.Errorf("%d: got %v", i, err)
			}
		}
	}
}
