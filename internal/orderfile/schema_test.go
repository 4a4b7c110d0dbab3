package orderfile_test

import (
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/rollcall-go/rollcall/internal/orderfile"
)

// The schema for editors admits what Parse admits and refuses what it refuses,
// but for what no schema can see.
func TestSchema(t *testing.T) {
	schema := jsonschema.NewCompiler().MustCompile("../../docs/order.schema.json")
	for _, name := range []string{"priorities.yaml", "relatives.yaml", "providers.yaml", "shared.yaml", "rules.yaml"} {
		var content any
		if err := yaml.Unmarshal(read(t, name), &content); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(content); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	checked := 0
	for _, c := range badFiles(t) {
		data := c.bytes(t)
		var content any
		if beyondSchema[c.name] || yaml.Unmarshal(data, &content) != nil {
			continue
		}
		if _, err := orderfile.Parse("f.yaml", data); err == nil {
			continue // a problem of the order, not of the shape
		}
		checked++
		if err := schema.Validate(content); err == nil {
			t.Errorf("the schema admits %q", c.name)
		}
	}
	if checked < 30 {
		t.Errorf("%d bad files checked, want 30 or more", checked)
	}
}

// beyondSchema are files whose problem does not show in their content: YAML's
// own shape, or numbers.
var beyondSchema = map[string]bool{
	"two documents": true, "merge key": true, "same event twice": true, "an event with the name of a list": true, "same event twice, which hides nothing": true,
	"priority is too large": true, "priority is hexadecimal": true,
	"targets without a comma in one text":       true,
	`a byte order mark inside (written \ufeff)`: true,
	"service ID is a number":                    true, // a validator sees the key as text
}
