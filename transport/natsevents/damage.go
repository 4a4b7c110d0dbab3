package natsevents

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// StoreError reports that the store of an embedded server is damaged, so that events are
// lost.
type StoreError struct {
	File    string // the damaged file, or the directory of the store if that is not known
	Problem string
}

func (e *StoreError) Error() string {
	return fmt.Sprintf("the stored events are damaged: %s: %s: restore the directory from a backup, "+
		"or open it with natsevents.AcceptLoss to continue with what can be read", e.File, e.Problem)
}

// AcceptLoss makes Embedded open a damaged store, and continue with what can be read. What
// is damaged is logged as a warning. Without it, Embedded returns a *StoreError. Connect
// ignores AcceptLoss.
func AcceptLoss() Option { return optionFunc(func(s *settings) { s.acceptLoss = true }) }

// lossy matches what the server logs when it starts without a stream or a consumer that
// it can't read. Other warnings are about files that it makes again from the messages.
var (
	lossy    = regexp.MustCompile(`(?i)metafile|stream checksum file|consumer checksum|Error recreating stream|Error adding consumer`)
	quoted   = regexp.MustCompile(`"([^"]+)"`)
	consumer = regexp.MustCompile(`Error adding consumer '(\S+) > (\S+) > (\S+)'`)
)

// damage returns what the server has logged during its start about a part of its store
// that it can't read, or nil.
func (s *store) damage(logged []string) *StoreError {
	for _, text := range logged {
		if lossy.MatchString(text) {
			return &StoreError{File: s.damaged(text), Problem: "the server says: " + text}
		}
	}
	return nil
}

// isState reports whether the state of a consumer is damaged. The server makes it again
// if it is empty: then events are redelivered, but not lost.
func (e *StoreError) isState() bool { return filepath.Base(e.File) == stateFile }

const stateFile = "o.dat"

// accepted logs damage that the user accepts. Otherwise, it returns the damage as an error.
func (s settings) accepted(damaged *StoreError) error {
	switch {
	case damaged == nil:
		return nil
	case !s.acceptLoss:
		return damaged
	}
	s.log().Warn("the stored events are damaged: continuing with what can be read", "file", damaged.File, "problem", damaged.Problem)
	return nil
}

// damaged returns the file that a text of the server is about.
func (s *store) damaged(text string) string {
	if found := consumer.FindStringSubmatch(text); found != nil {
		file := "meta.inf"
		if strings.Contains(text, "corrupt state file") {
			file = stateFile
		}
		return filepath.Join(s.directory, "jetstream", found[1], "streams", found[2], "obs", found[3], file)
	}
	if found := quoted.FindStringSubmatch(text); found != nil && filepath.IsAbs(found[1]) {
		return found[1]
	}
	return s.directory
}
