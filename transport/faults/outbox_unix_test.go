//go:build unix

package faults_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// shopStops is how often a process stands still.
var shopStops = faults(1, 10)

// A process stands still for longer than its lease, while another one takes over. Then it
// goes on.
func TestShopStopped(t *testing.T) {
	eachPair(t, []pair{postgresNATS}, allPairs, func(t *testing.T, x *trade) {
		a, b := x.start(x.shop("a")), x.start(x.shop("b"))
		for n := range shopStops {
			p := []*process{a, b}[n%2]
			x.progress()
			p.signal(syscall.SIGSTOP)
			pause(t.Context(), lease+lease/2)
			if x.at.Dialect != sqlevents.SQLite { // there it may stand still with the only lock
				x.progress()
			}
			p.signal(syscall.SIGCONT)
		}
		x.progress()
		x.finish("SIGSTOP for longer than the lease", shopStops, a, b)
	})
}

// Many keys from four instances, while processes are killed and stopped and connections are
// cut.
func TestShopsUnderAllFaults(t *testing.T) {
	eachPair(t, []pair{postgresNATS}, []pair{postgresNATS, mariadbNATS, postgresRabbit}, func(t *testing.T, x *trade) {
		toDatabase, toBroker, through := x.proxies()
		begin := func(name string) *process {
			s := through(x.shop(name))
			s.Keys = faults(20, mostKeys)
			return x.start(s)
		}
		var running []*process
		for n := range 4 {
			running = append(running, begin(fmt.Sprint(n)))
		}
		events, times := faults(200, mostKeys*100), faults(20, 100)
		for n := range times {
			x.progressTo(events * n / times)
			p := &running[n%4]
			switch n % 4 {
			case 0:
				(*p).kill()
				*p = begin(fmt.Sprint(n + 4))
			case 1:
				toDatabase.cut()
			case 2:
				toBroker.cut()
			case 3:
				(*p).signal(syscall.SIGSTOP)
				pause(t.Context(), time.Duration(faults(0, 1))*2*lease)
				(*p).signal(syscall.SIGCONT)
			}
		}
		x.progressTo(events)
		x.finish(fmt.Sprintf("%d keys, four instances, all faults", faults(20, mostKeys)), times, running...)
	})
}
