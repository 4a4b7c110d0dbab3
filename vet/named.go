package vet

import (
	"bytes"
	"encoding/gob"
	"maps"
	"slices"
)

// named has options by the names of what has them. Equal ones have equal encodings, so that
// go vet can cache the results of packages that import the package.
type named map[string][]part

// entry is one of named.
type entry struct {
	Name  string
	Parts []part
}

// GobEncode returns the entries in the order of their names.
func (n named) GobEncode() ([]byte, error) {
	var entries []entry
	for _, name := range slices.Sorted(maps.Keys(n)) {
		entries = append(entries, entry{name, n[name]})
	}
	var data bytes.Buffer
	err := gob.NewEncoder(&data).Encode(entries)
	return data.Bytes(), err
}

// GobDecode is the opposite of GobEncode.
func (n *named) GobDecode(data []byte) error {
	var entries []entry
	err := gob.NewDecoder(bytes.NewReader(data)).Decode(&entries)
	*n = named{}
	for _, e := range entries {
		(*n)[e.Name] = e.Parts
	}
	return err
}
