package faults_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// powerLosses is how often an embedded store loses its power.
var powerLosses = faults(2, 5)

// What was confirmed has reached the disk by then: it is there, and handled once
// receivers are, after a loss of power at that moment, and after further ones.
func TestPowerLoss(t *testing.T) {
	slow(t)
	if !inNamespace() {
		t.Parallel()
		inOwnNamespace(t)
		return
	}
	s, d := newScenario(t), newDevice(t)
	at := func() site { return site{natsEmbedded, filepath.Join(d.mounted, "store"), "faults"} }
	for range powerLosses {
		store := s.open(at())
		stopPublishing := s.publish(store, "event-"+filepath.Base(d.image))
		stopReceiving := s.receive(store, noting(s.record))
		s.progress()
		stopReceiving()
		s.confirms()
		stopPublishing()
		d.losePower(store.Close)
	}
	store := s.open(at())
	stopReceiving := s.receive(store, noting(s.record))
	s.drained()
	stopReceiving()
	store.Close()
	handOver(t, s.finish("the power lost", natsEmbedded, powerLosses))
}

// device is a file that holds a file system, as a disk would. What a program has
// written is not there before the system sends it: when the program asks for
// that, or much later.
type device struct {
	t       *testing.T
	image   string
	mounted string // the directory
}

func newDevice(t *testing.T) *device {
	t.Helper()
	d := &device{t: t, image: filepath.Join(t.TempDir(), "1")}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, 32<<20); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", d.image).CombinedOutput(); err != nil {
		t.Skipf("no file system in a file here: mkfs.ext4: %v: %s", err, out)
	}
	d.mount()
	return d
}

// mount has the system send nothing by itself for five minutes.
func (d *device) mount() {
	d.t.Helper()
	d.mounted = d.t.TempDir()
	if out, err := exec.Command("mount", "-o", "loop,commit=300", d.image, d.mounted).CombinedOutput(); err != nil {
		d.t.Skipf("no file system in a file here; it needs root and loop devices: mount: %v: %s", err, out)
	}
	d.t.Cleanup(d.unmount)
}

// unmount does not wait for a file that is still open for a moment.
func (d *device) unmount() {
	if d.mounted == "" {
		return
	}
	if out, err := exec.Command("umount", "--lazy", d.mounted).CombinedOutput(); err != nil {
		d.t.Errorf("umount: %v: %s", err, out)
	}
	d.mounted = ""
}

// losePower goes on with a copy of what is there now. What the program still
// writes when it is ended is not.
func (d *device) losePower(end func()) {
	d.t.Helper()
	content := d.content()
	end()
	d.unmount()
	d.image += "1"
	if err := os.WriteFile(d.image, content, 0o600); err != nil {
		d.t.Fatal(err)
	}
	d.mount()
}

// content is that of one moment: what is read twice alike was not written meanwhile.
func (d *device) content() []byte {
	d.t.Helper()
	var before []byte
	for {
		now, err := os.ReadFile(d.image)
		if err != nil {
			d.t.Fatal(err)
		}
		if bytes.Equal(before, now) {
			return now
		}
		before = now
	}
}
