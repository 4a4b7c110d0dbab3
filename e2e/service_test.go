package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// stage is a browser and the recipes example, built.
type stage struct {
	browser context.Context
	program string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	return &stage{browser: browser(t), program: sharedProgram.get(t, buildExample)}
}

// open starts the example anew, and opens an empty tab for its pages.
func (s *stage) open(t *testing.T) (*tab, *service) {
	t.Helper()
	e := start(t, s.program)
	return newTab(t, s.browser, e.url+"/debug/events/"), e
}

// service is the recipes example as it runs.
type service struct {
	t   *testing.T
	url string
}

// start runs the example and interrupts it when the test ends.
func start(t *testing.T, program string) *service {
	t.Helper()
	command := exec.Command(program, "-serve", "127.0.0.1:0")
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(stdout)
	t.Cleanup(func() { interrupt(t, command, out) })
	return &service{t: t, url: address(t, out)}
}

// address is where the example says that it serves.
func address(t *testing.T, out *bufio.Reader) string {
	t.Helper()
	for {
		line, err := out.ReadString('\n')
		if found := regexp.MustCompile(`Serving at (\S+):`).FindStringSubmatch(line); found != nil {
			return found[1]
		}
		if err != nil {
			t.Fatalf("the example does not serve: %v", err)
		}
	}
}

func interrupt(t *testing.T, command *exec.Cmd, out io.Reader) {
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Error(err)
	}
	if err := command.Wait(); err != nil || !strings.HasSuffix(string(rest), "Stopped.\n") {
		t.Errorf("no clean stop: %v\n%s", err, rest)
	}
}

// post sends what may be a recipe, and wants that status.
func (s *service) post(body string, want int) {
	s.t.Helper()
	response, err := http.Post(s.url+"/recipes", "application/json", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != want {
		s.t.Fatalf("%s: status %d, want %d", body, response.StatusCode, want)
	}
}

// good posts recipes that are kept.
func (s *service) good(titles ...string) {
	s.t.Helper()
	for _, title := range titles {
		s.post(recipe(title), http.StatusCreated)
	}
}

// refused posts recipes that are not kept: one without a title, which the
// validator stops, and one whose title is there already, which the index stops.
func (s *service) refused(known string) {
	s.t.Helper()
	s.post(recipe(""), http.StatusUnprocessableEntity)
	s.post(recipe(known), http.StatusUnprocessableEntity)
}

func recipe(title string) string {
	b, err := json.Marshal(title)
	if err != nil {
		panic(err) // a string has JSON
	}
	return fmt.Sprintf(`{"title": %s, "author": "ann", "minutes": 4, "ingredients": ["water", "salt"]}`, b)
}

// eventPage is the address of an event of the example.
func eventPage(name string) string { return addressOf("default", name) }

// cell is an expression for what a table says of a row, as a text.
func cell(row, column string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("tbody tr")].find(r => r.querySelector("th").textContent === %s)?.querySelector(%s)?.textContent`,
		quoted(row), quoted(`[data-label="`+column+`"]`))
}

// says is the condition that a table says that of a row.
func says(row, column, value string) string { return cell(row, column) + " === " + quoted(value) }
