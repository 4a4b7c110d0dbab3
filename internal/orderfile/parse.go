package orderfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/rollcall-go/rollcall/internal/listenerid"
	"github.com/rollcall-go/rollcall/ordering"
)

// Load reads the file at path in fsys and parses it. It returns an error if the file
// can't be read or is larger than MaxSize, and the error of Parse.
func Load(fsys fs.FS, path string) (*File, error) {
	if !fs.ValidPath(path) {
		return nil, fmt.Errorf("order file %s: write it relative to the file system, without ./ or a leading /", path)
	}
	f, err := fsys.Open(path)
	if err != nil {
		return nil, fmt.Errorf("order file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("order file %s: %w", path, err)
	}
	return Parse(path, data)
}

// Parse reads the content of an order file; name is for messages. The error
// joins an *Error for each problem; see [Errors].
func Parse(name string, data []byte) (*File, error) {
	f, problems, _ := parse(name, data)
	if len(problems) > 0 {
		return nil, join(problems)
	}
	return f, nil
}

// parse returns what it can read, and the problems. It sets hidden if a problem may have
// hidden a listener or a provider. A search for missing ones would then report false
// problems.
func parse(name string, data []byte) (f *File, problems []*Error, hidden bool) {
	p := &parser{file: &File{Name: name}, visits: maxVisits(len(data))}
	if root := p.document(data); root != nil {
		p.root(root)
	}
	if p.stopped {
		return &File{Name: name}, p.problems, true // nothing is sorted
	}
	return p.file, p.problems, p.hidden
}

type parser struct {
	file     *File
	problems []*Error
	hidden   bool // a problem may have hidden a listener or a provider
	lines    []string
	visited  int
	visits   int  // the limit of visited
	stopped  bool // the limit was exceeded
}

// maxVisits returns how many values of a file of this size are visited. A value counts
// again for each alias of it. A file without aliases has at most a value for each byte, so
// the rest is for aliases: the work grows with the file and no faster.
func maxVisits(size int) int { return 10_000 + 4*size }

// fail adds a problem. YAML may put the position of a missing value after the end of the
// file. fail then uses the last line.
func (p *parser) fail(kind Kind, at Position, format string, args ...any) {
	if n := len(p.lines); n > 0 && at.Line > n {
		at = Position{n, 1}
	}
	if kind != KindInvalidPriority && kind != KindDuplicate {
		p.hidden = true
	}
	p.problems = append(p.problems, &Error{Kind: kind, File: p.file.Name, Position: at, Message: cut(fmt.Sprintf(format, args...))})
}

func position(n *yaml.Node) Position { return Position{n.Line, n.Column} }

// resolve follows aliases and counts the visited values.
func (p *parser) resolve(n *yaml.Node) *yaml.Node {
	if p.visited++; p.visited > p.visits && !p.stopped {
		p.stopped = true
		p.fail(KindSyntax, position(n), "the file has more than %d values, with those that aliases repeat: write fewer aliases, or split the file", p.visits)
	}
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// field is a key of a mapping with its value.
type field struct {
	name       string
	key, value *yaml.Node
}

// fields returns the keys of a mapping with their values. Null counts as an empty
// mapping.
func (p *parser) fields(n *yaml.Node, what string) []field {
	n = p.resolve(n)
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		p.wrongType(n, what, "a mapping")
		return nil
	}
	var fields []field
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content) && !p.stopped; i += 2 {
		key := p.resolve(n.Content[i])
		switch {
		case key.Tag == "!!merge":
			p.fail(KindUnknownKey, position(n.Content[i]), "merge keys are not supported in %s: write its keys out, or alias a whole value", what)
		case key.Kind != yaml.ScalarNode || key.Tag != "!!str":
			p.wrongType(n.Content[i], "a key of "+what, "text")
		case seen[key.Value]:
			p.hidden = true // the dropped value may contain listeners
			p.fail(KindDuplicate, position(n.Content[i]), "key %q appears twice in %s: drop one", key.Value, what)
		default:
			seen[key.Value] = true
			fields = append(fields, field{key.Value, n.Content[i], n.Content[i+1]})
		}
	}
	return fields
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func (p *parser) wrongType(n *yaml.Node, what, want string) {
	p.fail(KindSyntax, position(n), "%s must be %s, not %s", what, want, typeName(n))
}

func typeName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return typeName(n.Alias)
	}
	names := map[string]string{"!!null": "empty", "!!int": "the number " + n.Value, "!!float": "the number " + n.Value,
		"!!bool": "the truth value " + n.Value, "!!timestamp": "the date " + n.Value, "!!str": "text"}
	if name, ok := names[n.Tag]; ok {
		return name
	}
	return "of the type " + n.Tag
}

func (p *parser) root(n *yaml.Node) {
	if p.resolve(n).Kind != yaml.MappingNode {
		p.wrongType(n, "the file", "a mapping with the key services, sequence or off")
		return
	}
	found := false
	for _, f := range p.fields(n, "the file") {
		found = true
		switch f.name {
		case "services":
			for _, service := range p.fields(f.value, "services") {
				p.service(service)
			}
		case "sequence":
			p.file.Sequences = p.rules(f)
		case "off":
			p.file.Off = p.rules(f)
		case "ties":
			p.ties(f)
		default:
			p.unknownTopKey(f)
		}
	}
	p.namesakes()
	if !found && len(p.problems) == 0 {
		p.fail(KindSyntax, position(n), "the file says nothing: begin it with services:, sequence: or off:")
	}
}

func (p *parser) service(s field) {
	if s.name == "" {
		p.fail(KindSyntax, position(s.key), "a service needs an ID")
	}
	if problem := listenerid.Problem(s.name); problem != "" {
		p.fail(KindSyntax, position(s.key), "service %q: %s", s.name, problem)
	}
	what := "service " + s.name
	optional := false
	var said, tags *yaml.Node
	for _, f := range p.fields(s.value, what) {
		switch f.name {
		case "synthetic", "class": // part of the documented format, but ignored here
		case "optional":
			optional, said = p.truth(f, what), f.key
		case "tags":
			tags = f.value
		default:
			p.unknownServiceKey(f, what)
		}
	}
	providers, listeners, problems := len(p.file.Providers), len(p.file.Listeners), len(p.problems)
	if tags != nil {
		p.tags(s.name, tags, optional)
	}
	if optional && len(p.problems) == problems && len(p.file.Providers) > providers && len(p.file.Listeners) == listeners {
		p.fail(KindSyntax, position(said), "%s is a provider, which can't be optional: drop the key", what)
	}
}

func (p *parser) truth(f field, what string) bool {
	n := p.resolve(f.value)
	var value bool // YAML has several spellings of it
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || n.Decode(&value) != nil {
		p.wrongType(f.value, f.name+" of "+what, "true or false")
	}
	return value
}

func (p *parser) tags(id string, n *yaml.Node, optional bool) {
	what := "tags of service " + id
	list := p.resolve(n)
	if isNull(list) {
		return
	}
	if list.Kind != yaml.SequenceNode {
		p.wrongType(n, what, "a list")
		return
	}
	first := len(p.file.Listeners)
	for _, tag := range list.Content {
		if p.stopped {
			return
		}
		p.tag(id, tag, optional)
	}
	p.duplicates(p.file.Listeners[first:])
}

// duplicates finds events that one service lists twice under one tag.
func (p *parser) duplicates(listeners []Listener) {
	type place struct{ tag, event string }
	seen := map[place]Position{}
	for _, l := range listeners {
		at := place{l.Tag, l.Event}
		if first, twice := seen[at]; twice {
			does := "listens to"
			if l.List {
				does = "is in the list"
			}
			p.fail(KindDuplicate, l.Position, "%s %s %s twice, first at %s: drop one tag",
				l.ID, does, l.Event, p.file.source(first))
			continue
		}
		seen[at] = l.Position
	}
}

// tag reads a tag: its name alone, or a mapping.
func (p *parser) tag(id string, n *yaml.Node, optional bool) {
	what := "a tag of service " + id
	value := p.resolve(n)
	if value.Kind == yaml.ScalarNode {
		p.namedTag(id, p.text(n, what), nil, n, optional)
		return
	}
	if value.Kind != yaml.MappingNode {
		p.wrongType(n, what, "a name or a mapping")
		return
	}
	var rest []field
	name, named := "", false
	for _, f := range p.fields(n, what) {
		if f.name == "name" {
			named = true
			name = p.text(f.value, "the name of "+what)
		} else {
			rest = append(rest, f)
		}
	}
	if !named {
		p.fail(KindSyntax, position(n), "%s has no name: write name: event_listener", what)
	}
	p.namedTag(id, name, rest, n, optional)
}

func (p *parser) namedTag(id, name string, fields []field, n *yaml.Node, optional bool) {
	switch name {
	case "":
	case providerTag:
		p.provider(id, fields, n)
	default:
		p.listener(id, name, fields, n, optional)
	}
}

func (p *parser) provider(id string, fields []field, n *yaml.Node) {
	provider := Provider{ID: id, ListenerTag: DefaultListenerTag, Position: position(n)}
	for _, f := range fields {
		if f.name != "listener_tag" {
			p.unknownKey(f, "the listener_provider tag of "+id, "name", "listener_tag")
			continue
		}
		provider.ListenerTag = p.text(f.value, "listener_tag of "+id)
	}
	p.file.Providers = append(p.file.Providers, provider)
}

func (p *parser) listener(id, name string, fields []field, n *yaml.Node, optional bool) {
	l := Listener{ID: id, Tag: name, Optional: optional, Position: position(n), targets: map[ordering.Side][]Position{}}
	what := "a tag of listener " + id
	hasEvent, hasList := false, false
	for _, f := range fields {
		switch f.name {
		case "event":
			hasEvent = true
			p.event(&l, f, "event")
		case "list":
			hasList = true
			l.List = true
			p.event(&l, f, "list")
		case "labels":
			l.Placement.Labels = p.labels(id, f)
		case "priority":
			l.Placement.Priority = p.priority(f.value)
		case "before":
			l.Placement.Before = p.targets(&l, ordering.Before, f)
		case "after":
			l.Placement.After = p.targets(&l, ordering.After, f)
		case "optional":
			l.Optional = p.truth(f, what) || optional
		default:
			p.unknownTagKey(f, what)
		}
	}
	l.Placement.Source = p.file.source(l.Position)
	switch {
	case hasEvent && hasList:
		p.fail(KindSyntax, position(n), "a tag of listener %s has an event and a list: write two tags", id)
	case !hasEvent && !hasList:
		p.missingEvent(id, position(n))
	}
	if l.Event != "" {
		p.file.Listeners = append(p.file.Listeners, l)
	}
}

func (p *parser) missingEvent(id string, at Position) {
	p.fail(KindMissingEvent, at, "a tag of listener %s has no event: write event: and the event's name or type", id)
}

func (p *parser) event(l *Listener, f field, key string) {
	l.EventPosition = position(f.value)
	n := p.resolve(f.value)
	if isNull(n) || n.Kind == yaml.ScalarNode && n.Value == "" {
		p.missingEvent(l.ID, l.EventPosition)
		return
	}
	l.Event = p.text(f.value, key+" of listener "+l.ID)
}

func (p *parser) priority(n *yaml.Node) ordering.Priority {
	value := p.resolve(n)
	if value.Kind != yaml.ScalarNode {
		p.fail(KindInvalidPriority, position(n), "invalid priority, %s: write first, last or a whole number", typeName(value))
		return ordering.Priority{}
	}
	priority, err := ordering.ParsePriority(value.Value)
	if err != nil {
		p.fail(KindInvalidPriority, position(n), "%v", err)
	}
	return priority
}

// targets reads a target or a list of them.
func (p *parser) targets(l *Listener, side ordering.Side, f field) []ordering.Target {
	var targets []ordering.Target
	p.eachTarget(f.value, fmt.Sprintf("%s of listener %s", side, l.ID), func(t ordering.Target, at Position) {
		targets = append(targets, t)
		l.targets[side] = append(l.targets[side], at)
	})
	return targets
}

// eachTarget calls add for the target or each target of a list.
func (p *parser) eachTarget(value *yaml.Node, what string, add func(ordering.Target, Position)) {
	p.eachText(value, what, func(text string, n *yaml.Node) {
		target, err := ordering.ParseTarget(text)
		if err != nil {
			p.fail(KindSyntax, position(n), "%s: %v", what, err)
			return
		}
		if problem := targetProblem(text, target.ID); problem != "" {
			p.fail(KindSyntax, position(n), "%s, %q: %s", what, text, problem)
			return
		}
		add(target, position(n))
	})
}

// eachText calls add for a text, or for each text of a list.
func (p *parser) eachText(value *yaml.Node, what string, add func(string, *yaml.Node)) {
	nodes := []*yaml.Node{value}
	if n := p.resolve(value); n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	for _, n := range nodes {
		if p.stopped {
			return
		}
		if p.unquoted(n) {
			continue
		}
		if text, ok := p.textOrNot(n, what); ok {
			add(text, n)
		}
	}
}

func (p *parser) text(n *yaml.Node, what string) string {
	text, ok := p.textOrNot(n, what)
	if ok && text == "" {
		p.fail(KindSyntax, position(n), "%s must not be empty", what)
	}
	return text
}

func (p *parser) textOrNot(n *yaml.Node, what string) (string, bool) {
	value := p.resolve(n)
	switch {
	case value.Kind == yaml.ScalarNode && value.Tag == "!!str":
		return value.Value, true
	case value.Kind == yaml.ScalarNode && !isNull(value):
		p.fail(KindSyntax, position(n), "%s must be text, not %s: put it in quotes", what, typeName(value))
	default:
		p.wrongType(n, what, "text")
	}
	return "", false
}

// document reads the only YAML document of the file. If that fails, it adds a problem and
// returns nil.
func (p *parser) document(data []byte) *yaml.Node {
	if at, problem := badBytes(data); problem != "" {
		p.fail(KindSyntax, at, "%s", problem)
		return nil
	}
	p.lines = strings.Split(string(data), "\n")
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var root, more yaml.Node
	switch err := decode(decoder, &root); {
	case errors.Is(err, io.EOF):
		p.fail(KindSyntax, Position{1, 1}, "the file is empty: begin it with services:, sequence: or off:")
		return nil
	case err != nil:
		p.syntaxError(err, data)
		return nil
	}
	switch err := decode(decoder, &more); {
	case errors.Is(err, io.EOF):
	case err != nil:
		p.syntaxError(err, data)
		return nil
	default:
		p.fail(KindSyntax, position(&more), "the file has a second document: put everything under one services:")
		return nil
	}
	return root.Content[0]
}

// decode turns a possible panic of the YAML parser into an error.
func decode(d *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("yaml: %v", value)
		}
	}()
	return d.Decode(n)
}
