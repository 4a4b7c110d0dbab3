package fxevents

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/rollcall-go/rollcall/internal/callsite"
)

// early keeps the dispatches before the assembly, and what is added before it, for warnings: their callers may ignore
// the *NotAssembledError. It may be used concurrently.
type early struct {
	mu       sync.Mutex
	warnings []error
	seen     map[string]bool // the texts of the warnings
}

func (e *early) add(ev any) {
	e.warn(fmt.Errorf("an event %T was dispatched%s before the listeners were assembled, so no listener heard it: %s",
		ev, callsite.At(dispatchedAt()), dispatchLater))
}

// warn adds a warning, unless there is one of the same text.
func (e *early) warn(warning error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if text := warning.Error(); !e.seen[text] { // a loop may try again without end
		e.seen[text] = true
		e.warnings = append(e.warnings, warning)
	}
}

// all returns a warning for each place and type.
func (e *early) all() []error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.warnings)
}

// dispatchedAt returns the place where the application dispatches: the innermost caller
// outside of this package and the dispatchers.
func dispatchedAt() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "github.com/rollcall-go/rollcall.") && !strings.HasPrefix(f.Function, "github.com/rollcall-go/rollcall/fxevents.") {
			return callsite.Place(f.File, f.Line)
		}
		if !more {
			return ""
		}
	}
}
