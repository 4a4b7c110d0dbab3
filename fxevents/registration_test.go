package fxevents_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
)

// A hint in the tag of a listener that was made elsewhere stands where the tag is.
func TestSourceOfATag(t *testing.T) {
	made := func() rollcall.Listener { return rollcall.NewListener[*created]("made", func(*created) {}) }
	_, _, line, _ := runtime.Caller(0)
	tagged := fxevents.AsListener(made, `before:"nobody"`)
	err := quietly(fxevents.Module(), tagged).Err()
	want := fmt.Sprintf("made (fxevents/registration_test.go:%d) must run before nobody", line+1)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
