package tags

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-go/rollcall/internal/listenerid"
	"github.com/rollcall-go/rollcall/ordering"
)

const (
	keyEvent    = "event"
	keyID       = "id"
	keyMethod   = "method"
	keyGroup    = "group"
	keyPriority = "priority"
	keyLabels   = "labels"
	keyBefore   = "before"
	keyAfter    = "after"
	keyAsync    = "async"
)

// keys lists the keys in the order in which they are written.
var keys = [...]string{keyEvent, keyID, keyMethod, keyGroup, keyPriority, keyLabels, keyBefore, keyAfter, keyAsync}

// Parse parses a tag. The error joins an *Error for each problem: text that is not a tag,
// an unknown or repeated key, a bad value. Even then, Parse returns the fields that it
// could read.
func Parse(tag Tag) (Fields, error) {
	p := parser{tag: string(tag), rest: string(tag)}
	for p.skipSpace(); p.rest != ""; p.skipSpace() {
		if !p.pair() {
			break
		}
	}
	return p.fields, errors.Join(p.problems...)
}

type parser struct {
	tag, rest string
	seen      [len(keys)]bool
	fields    Fields
	problems  []error
}

func (p *parser) skipSpace() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *parser) offset() int { return len(p.tag) - len(p.rest) }

func (p *parser) fail(offset int, message string) {
	p.problems = append(p.problems, &Error{Tag: Tag(p.tag), Offset: offset, Message: message})
}

// pair reads one key:"value". It returns false if the rest can't be parsed.
func (p *parser) pair() bool {
	start := p.offset()
	end := strings.IndexAny(p.rest, ": \t\r\n\"`")
	if end <= 0 || p.rest[end] != ':' {
		p.fail(start, notAPair(p.rest))
		return false
	}
	key := p.rest[:end]
	p.rest = p.rest[end+1:]
	quoted, err := strconv.QuotedPrefix(p.rest)
	if err != nil || quoted[0] == '\'' {
		p.fail(p.offset(), notAValue(key, p.rest))
		return false
	}
	valueAt := p.offset()
	p.rest = p.rest[len(quoted):]
	switch {
	case strings.HasPrefix(p.rest, ","):
		p.fail(p.offset(), "spaces separate the pairs: write one instead of the comma after the value of "+key)
		p.rest = p.rest[1:]
	case p.rest != "" && !strings.ContainsRune(" \t\r\n", rune(p.rest[0])):
		p.fail(p.offset(), "a space is missing after the value of "+key)
	}
	value, _ := strconv.Unquote(quoted) // QuotedPrefix checked it
	p.set(key, value, start, valueAt)
	return true
}

func (p *parser) set(key, value string, keyAt, valueAt int) {
	index := slices.Index(keys[:], key)
	switch {
	case index < 0:
		p.fail(keyAt, unknownKey(key))
		return
	case p.seen[index]:
		p.fail(keyAt, "key "+key+" appears twice: "+once(key))
		return
	case value == "":
		p.fail(valueAt, "key "+key+" has no value: write one or drop the key")
	}
	p.seen[index] = true
	if err := p.fields.set(key, value); err != nil && value != "" {
		p.fail(valueAt, err.Error())
	}
}

func (f *Fields) set(key, value string) (err error) {
	switch key {
	case keyEvent:
		f.Event = value
	case keyID:
		if err = listenerid.Check(value); err == nil {
			f.ID = value
		}
	case keyMethod:
		f.Method = value
	case keyGroup:
		if err = checkGroup(value); err == nil {
			f.Group = value
		}
	case keyPriority:
		f.Placement.Priority, err = ordering.ParsePriority(value)
	case keyLabels:
		f.Placement.Labels, err = parseLabels(value)
	case keyBefore:
		f.Placement.Before, err = parseTargets(value)
	case keyAfter:
		f.Placement.After, err = parseTargets(value)
	case keyAsync:
		f.Async = value
	}
	return err
}

// checkGroup refuses groups that the container would misread, for example as options.
func checkGroup(group string) error {
	if strings.ContainsAny(group, ",`") || strings.TrimSpace(group) != group {
		return errors.New("a group must not hold a comma or a backquote, or have spaces around it: " + strconv.Quote(group))
	}
	return nil
}

func parseLabels(list string) ([]string, error) {
	var labels []string
	for label := range strings.SplitSeq(list, ",") {
		label = strings.TrimSpace(label)
		if err := listenerid.CheckLabel(label); err != nil {
			return labels, err
		}
		labels = append(labels, label)
	}
	return labels, nil
}

func parseTargets(list string) ([]ordering.Target, error) {
	var targets []ordering.Target
	for text := range strings.SplitSeq(list, ",") {
		t, err := ordering.ParseTarget(strings.TrimSpace(text))
		if err == nil {
			err = listenerid.CheckTarget(t.ID)
		}
		if err != nil {
			return targets, err
		}
		targets = append(targets, t)
	}
	return targets, nil
}
