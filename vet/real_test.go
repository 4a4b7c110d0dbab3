package vet_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// real is an application of the module proxy that uses Fx. Files that use rollcall are added
// to some, so that the analyzer looks at the application's own options.
type real struct {
	name, module string
	goMod        [][]string // arguments of go that make it build
	edits        []edit
	added        map[string]string
}

var realApplications = []real{
	{name: "go-libp2p", module: "github.com/libp2p/go-libp2p@v0.48.0"},
	{name: "fx", module: "go.uber.org/fx@v1.24.0"},
	{
		name: "kubo", module: "github.com/ipfs/kubo@v0.43.1",
		goMod: [][]string{ // the fork of go-libp2p that it replaces is not served
			{"mod", "edit", "-dropreplace=github.com/libp2p/go-libp2p", "-require=github.com/rollcall-go/rollcall@v0.0.0"},
			{"get", "github.com/libp2p/go-libp2p@v0.49.0", "github.com/quic-go/webtransport-go@v0.11.1", "github.com/quic-go/quic-go@v0.60.0"},
		},
		edits: []edit{{"core/builder.go", "\t\tfx.NopLogger,\n", "\t\tfx.NopLogger,\n\t\tevents(cfg),\n"}},
		added: map[string]string{
			"core/events.go": `package core

import (
	"context"

	"github.com/ipfs/kubo/core/node"
	"github.com/rollcall-go/rollcall/fxevents"
	"go.uber.org/fx"
)

type started struct{ Online bool }

type reporter struct{}

func newReporter() *reporter { return &reporter{} }

func (*reporter) Handle(context.Context, *started) error { return nil }

func events(cfg *BuildCfg) fx.Option {
	if cfg == nil {
		return fx.Options()
	}
	return fx.Options(
		fxevents.Module(fxevents.Sequence("node.started", "node.Announcer", "core.reporter")),
		fxevents.Event[*started]("node.started"),
		node.Events[*started](cfg.Online),
		fxevents.AsListener(newReporter, ` + "`after:\"plugin.Gauge\"`" + `),
	)
}
`,
			"core/node/events.go": `package node

import (
	"github.com/rollcall-go/rollcall/fxevents"
	"go.uber.org/fx"
)

type Announcer[E any] struct{}

func NewAnnouncer[E any]() *Announcer[E] { return &Announcer[E]{} }

func (*Announcer[E]) Handle(E) {}

func Events[E any](online bool) fx.Option {
	return fx.Options(maybeInvoke(func() {}, online), fxevents.AsListener(NewAnnouncer[E], ` + "`id:\"node.Announcer\"`" + `))
}
`,
		},
	},
}

// Applications that others have written have no reports.
func TestRealApplications(t *testing.T) {
	if os.Getenv("ROLLCALL_LEDGER") != "1" {
		t.Skip("it downloads and builds large programs: set ROLLCALL_LEDGER=1")
	}
	tool := filepath.Join(t.TempDir(), "rollcall-vet")
	if out, err := exec.Command("go", "build", "-o", tool, "./cmd/rollcall-vet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, r := range realApplications {
		t.Run(r.name, func(t *testing.T) { r.vet(t, tool) })
	}
}

func (r real) vet(t *testing.T, tool string) {
	dir := r.copied(t)
	run := func(arguments ...string) string {
		t.Helper()
		c := exec.Command("go", arguments...)
		c.Dir, c.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("go %v: %v\n%s", arguments, err, out)
		}
		return string(out)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	run("mod", "edit", "-replace=github.com/rollcall-go/rollcall="+root)
	for _, arguments := range r.goMod {
		run(arguments...)
	}
	run(append([]string{"vet", "-vettool=" + tool}, usersOfFx(t, dir)...)...) // fails if there are reports
}

// copied returns a copy of the module with the changes.
func (r real) copied(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "mod", "download", "-json", r.module).Output()
	var module struct{ Dir string }
	if err != nil || json.Unmarshal(out, &module) != nil {
		t.Fatalf("downloading %s: %v\n%s", r.module, err, out)
	}
	dir := filepath.Join(t.TempDir(), r.name)
	if err := os.CopyFS(dir, os.DirFS(module.Dir)); err != nil {
		t.Fatal(err)
	}
	for _, e := range r.edits {
		text, err := os.ReadFile(filepath.Join(dir, e.file))
		if err != nil || !strings.Contains(string(text), e.old) {
			t.Fatalf("%s has no %q: %v", e.file, e.old, err)
		}
		writeFile(t, filepath.Join(dir, e.file), strings.Replace(string(text), e.old, e.new, 1))
	}
	for file, text := range r.added {
		writeFile(t, filepath.Join(dir, file), text)
	}
	return dir
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// usersOfFx returns the folders of packages that import Fx.
func usersOfFx(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.Contains(path, "testdata/") {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		if folder := "./" + filepath.ToSlash(filepath.Dir(path)); strings.Contains(string(text), `"go.uber.org/fx"`) && !slices.Contains(list, folder) {
			list = append(list, folder)
		}
		return err
	})
	if err != nil || len(list) == 0 {
		t.Fatalf("%d packages import Fx: %v", len(list), err)
	}
	return list
}
