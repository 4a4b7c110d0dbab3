package vet

import (
	"fmt"
	"path"
	"strings"
)

// namesakes returns the message for two types that have one name.
func namesakes(first, second typeInfo, x, y string) string {
	return fmt.Sprintf("two types are called %s: %s, %s, and %s, %s: give one an ID in its tag, as id:%q",
		first.Default, strings.TrimLeft(first.Path, "*"), x, strings.TrimLeft(second.Path, "*"), y, distinguished(second))
}

// distinguished returns an ID for a type with one more part of its import path.
func distinguished(t typeInfo) string {
	whole := strings.TrimLeft(t.Path, "*")
	dir := path.Dir(whole[:strings.LastIndexByte(whole, '.')])
	return path.Base(dir) + "/" + t.Default
}
