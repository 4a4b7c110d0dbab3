package main

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// follows checks that each line follows the schema.
func follows(t *testing.T, lines string) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("letters.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(lines) {
		instance, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err == nil {
			err = schema.Validate(instance)
		}
		if err != nil {
			t.Errorf("%s%v", line, err)
		}
	}
}

// The session in JSON follows the schema, and so does what a broker knows beside that.
func TestJSONFollowsItsSchema(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/json.txtar")
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]int{}
	for _, f := range archive.Files {
		follows(t, string(f.Data))
		for _, name := range []string{"receiver", "letter", "summary", "error"} {
			types[name] += strings.Count(string(f.Data), `"type":"`+name+`"`)
		}
	}
	if len(types) != 4 || types["error"] == 0 || types["letter"] < 8 {
		t.Errorf("the session has %v", types)
	}
	p := natsPlace(t)
	p.bury(t, aged...)
	out, _, code := p.run(t, list, "-json")
	if code != exitOK || !strings.Contains(out, `"in_flight":0`) {
		t.Errorf("exit code %d\n%s", code, out)
	}
	follows(t, out)
}
