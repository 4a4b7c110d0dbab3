package fxevents

import (
	"cmp"
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"strings"
)

// The error of an application that the container can't build is the container's. Fx lets
// nobody replace it, but passes it to hooks. These log what the error does not say.

// emitterHint logs the next step if the application injects the emitter of an event that
// nobody declares, or a *provider.Mutable without Runtime.
type emitterHint struct {
	logger *slog.Logger // nil: slog.Default()
}

// missingEmitter matches what the container writes about an emitter that nobody provides.
var missingEmitter = regexp.MustCompile(`missing type: \*rollcall\.Emitter\[(\**)(?:[^\]\s]*/)?([^\]\s]+)\]`)

// HandleError logs a record for the error of a missing emitter or *provider.Mutable.
func (h emitterHint) HandleError(err error) {
	if strings.Contains(err.Error(), "missing type: *provider.Mutable") {
		cmp.Or(h.logger, slog.Default()).Error("rollcall: *provider.Mutable is injected, but nothing provides it: pass fxevents.Runtime() to fxevents.Module")
	}
	found := missingEmitter.FindStringSubmatch(err.Error())
	if found == nil {
		return
	}
	typ := found[1] + found[2]
	cmp.Or(h.logger, slog.Default()).Error(fmt.Sprintf(
		"rollcall: no fxevents.Event declares %s, whose emitter is injected: add fxevents.Event[%s](\"a.name\") to the module that defines the type", typ, typ))
}

// componentHint logs the place of a Listen call if the container lacks its component. It
// has no logger, because Listen does not know the options of Module.
type componentHint struct {
	component reflect.Type
	source    string
}

// HandleError logs a record for the error of the missing component. Listen calls of other
// components ignore it.
func (h componentHint) HandleError(err error) {
	_, missing, found := strings.Cut(err.Error(), `/fxevents".listen[...].func`)
	if !found {
		return
	}
	_, missing, _ = strings.Cut(missing, "): missing type: ")
	if missing, _, _ = strings.Cut(missing, " "); missing != h.component.String() {
		return
	}
	slog.Error(fmt.Sprintf("rollcall: %s: fxevents.Listen needs a %v, which nothing provides: pass its constructor to fx.Provide", h.source, h.component))
}
