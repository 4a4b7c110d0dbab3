package faults_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// process is this program once more, with another task.
type process struct {
	t       *testing.T
	command *exec.Cmd
	input   io.Closer   // its end asks the process to end
	says    chan string // the lines of its output; closed at the end
	errors  bytes.Buffer
	waited  bool
}

// start starts a process, whose task is in an environment variable. It is killed
// at the test's end, or ends by itself with this program.
func start(t *testing.T, variable string, task any) *process {
	t.Helper()
	text, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, command: exec.Command(self), says: make(chan string, 100)}
	p.command.Env = append(os.Environ(), variable+"="+string(text))
	p.command.Stderr = &p.errors
	input, err := p.command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.input = input
	output, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go p.listen(output)
	t.Cleanup(p.kill)
	return p
}

func (p *process) listen(output io.Reader) {
	defer close(p.says)
	for lines := bufio.NewScanner(output); lines.Scan(); {
		p.says <- lines.Text()
	}
}

// await waits for the process to say something.
func (p *process) await(what string) {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case line, more := <-p.says:
			if line == what {
				return
			}
			if !more {
				p.kill()
				p.t.Fatalf("a process ended before it was %q: %s", what, &p.errors)
			}
		case <-deadline:
			p.t.Fatalf("a process does not say that it is %q", what)
		}
	}
}

// kill is kill -9, and waits for the end.
func (p *process) kill() {
	_ = p.command.Process.Kill()
	_ = p.wait()
}

// terminate ends the process by a signal, and waits for the end.
func (p *process) terminate() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	_ = p.wait()
}

// signal sends a signal to a process that lives.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.command.Process.Signal(s); err != nil {
		p.t.Error(err)
	}
}

// residentMemory returns how many bytes of memory a process has, or 0 where the system
// does not tell.
func (p *process) residentMemory() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.command.Process.Pid))
	var size, resident int64
	if _, scanning := fmt.Sscan(string(text), &size, &resident); err != nil || scanning != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}

// end asks the process to end, and waits for that.
func (p *process) end() {
	p.t.Helper()
	_ = p.input.Close()
	if err := p.wait(); err != nil {
		p.t.Errorf("a process failed: %v: %s", err, &p.errors)
	}
}

// wait waits for the process once.
func (p *process) wait() error {
	if p.waited {
		return nil
	}
	p.waited = true
	for range p.says { // the output must be read before that
	}
	return p.command.Wait()
}
