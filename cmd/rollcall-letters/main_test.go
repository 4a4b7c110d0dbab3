package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(stopping{m}, map[string]func(){"rollcall-letters": main})
}

// stopping ends what tests have started.
type stopping struct{ *testing.M }

func (m stopping) Run() int {
	defer func() { stopNATS() }()
	flag.Parse()
	if given := flag.Lookup("test.parallel"); given.Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		_ = given.Value.Set("8") // most of them wait for a server
	}
	return m.M.Run()
}

// TestScripts runs the sessions in testdata.
func TestScripts(t *testing.T) { runScripts(t, "testdata", "") }

// TestDatabaseScripts runs the sessions in testdata/databases at each server.
func TestDatabaseScripts(t *testing.T) {
	for _, kind := range []string{"postgres", "mariadb"} {
		t.Run(kind, func(t *testing.T) { runScripts(t, "testdata/databases", kind) })
	}
}

// runScripts runs sessions: the command as a user calls it, with a real server each, of a
// kind that some of them name $KIND. These commands prepare and check the servers:
//
//	server KIND     start with three dead letters; sets ROLLCALL_URL and PREFIX
//	left KEY ID...  compare the dead letters of a key
//	got KEY ID...   receive what waits for a key, and compare
//	dated FILE      compare standard output with a file, but not the times
func runScripts(t *testing.T, dir, kind string) {
	testscript.Run(t, testscript.Params{
		Dir:           dir,
		UpdateScripts: os.Getenv("ROLLCALL_UPDATE") == "1",
		Setup: func(env *testscript.Env) error {
			env.Setenv("KIND", kind)
			env.Values["t"], env.Values["place"] = env.T(), &place{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server": func(ts *testscript.TestScript, _ bool, args []string) {
				t, p := placeOf(ts)
				*p = anyPlace(t, args[0])
				p.bury(t, aged...)
				ts.Setenv("ROLLCALL_URL", p.url)
				ts.Setenv("PREFIX", p.prefix)
			},
			"left": func(ts *testscript.TestScript, _ bool, args []string) {
				t, p := placeOf(ts)
				compare(ts, p.left(t, args[0]), args[1:])
			},
			"dated": func(ts *testscript.TestScript, _ bool, args []string) {
				if diff := cmp.Diff(undated(ts.ReadFile(args[0])), undated(ts.ReadFile("stdout"))); diff != "" {
					ts.Fatalf("%s (-) is not what was printed (+):\n%s", args[0], diff)
				}
			},
			"got": func(ts *testscript.TestScript, _ bool, args []string) {
				t, p := placeOf(ts)
				compare(ts, p.received(t, args[0], len(args)-1), args[1:])
			},
		},
	})
}

func placeOf(ts *testscript.TestScript) (testing.TB, *place) {
	return ts.Value("t").(testing.TB), ts.Value("place").(*place)
}

var times = regexp.MustCompile(`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

func undated(text string) string { return times.ReplaceAllString(text, "2026-11-30T12:00:00Z") }

func compare(ts *testscript.TestScript, got, want []string) {
	if !slices.Equal(got, want) {
		ts.Fatalf("got %q, want %q", got, want)
	}
}
