// Package listenerid checks whether a text can be the ID of a listener, a label or a target.
package listenerid

import (
	"errors"
	"strconv"
	"strings"
)

// Problem returns the reason why a list of targets can't contain an ID, or "" if it can.
func Problem(id string) string { return problem("an ID", id) }

// LabelProblem is like Problem, for a label.
func LabelProblem(label string) string {
	if label == "" {
		return "a label must not be empty"
	}
	return problem("a label", label)
}

// TargetProblem is like Problem, for an ID or for "@" and a label.
func TargetProblem(target string) string {
	if label, isLabel := strings.CutPrefix(target, "@"); isLabel {
		return LabelProblem(label)
	}
	return Problem(target)
}

func problem(what, text string) string {
	switch {
	case strings.Contains(text, ","):
		return what + " must not hold a comma"
	case strings.Contains(text, "*"):
		return what + " must not hold a star"
	case strings.TrimSpace(text) != text:
		return what + " must not have spaces around it"
	case strings.HasPrefix(text, "?"):
		return what + " must not begin with a question mark"
	case strings.HasPrefix(text, "@"):
		return what + " must not begin with @"
	}
	return ""
}

// Check returns an error for an ID that has a Problem, or a backquote, which a tag of the
// container can't hold.
func Check(id string) error { return check("an ID", id, Problem(id)) }

// CheckLabel is like Check, for a label.
func CheckLabel(label string) error { return check("a label", label, LabelProblem(label)) }

// CheckTarget is like Check, for an ID or for "@" and a label.
func CheckTarget(target string) error {
	if label, isLabel := strings.CutPrefix(target, "@"); isLabel {
		return CheckLabel(label)
	}
	return Check(target)
}

func check(what, text, problem string) error {
	if problem == "" && strings.Contains(text, "`") {
		problem = what + " must not hold a backquote"
	}
	if problem == "" {
		return nil
	}
	return errors.New(problem + ": " + strconv.Quote(text))
}
