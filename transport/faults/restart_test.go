package faults_test

import (
	"fmt"
	"testing"
)

// How often a broker is stopped and started.
var (
	natsRestarts       = faults(2, 5) // by each signal
	rabbitNodeRestarts = 1            // of the process
	rabbitRestarts     = faults(1, 2) // of the broker in it
)

// restarts has a broker restarted while events are published and handled. After
// each time both go on.
func (s *scenario) restarts(at site, times int, restart func()) {
	s.t.Helper()
	x := s.open(at)
	stopReceiving, stopPublishing := s.receive(x, noting(s.record)), s.publish(x, "event")
	for range times {
		s.progress()
		restart()
	}
	s.progress()
	stopPublishing()
	s.drained()
	stopReceiving()
	x.Close()
}

func TestNATSRestarts(t *testing.T) {
	slow(t)
	t.Parallel()
	for name, stop := range map[string]func(*process){
		"the broker stopped and started, by SIGTERM": (*process).terminate,
		"the broker stopped and started, by SIGKILL": (*process).kill,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t)
			srv := natsServer{freePort(t), t.TempDir()}
			p := srv.start(t)
			at := site{natsCluster, fmt.Sprint("nats://127.0.0.1:", srv.Port), "faults"}
			s.restarts(at, natsRestarts, func() {
				stop(p)
				p = srv.start(t)
			})
			s.finish(name, at.Kind, natsRestarts)
		})
	}
}

func TestRabbitMQ(t *testing.T) {
	slow(t)
	t.Parallel()
	n := newRabbitNode(t)
	t.Run("restart", func(t *testing.T) {
		s := newScenario(t)
		s.restarts(n.site(), rabbitNodeRestarts, func() {
			n.process.terminate()
			n.start()
		})
		s.finish("the broker stopped and started, by SIGTERM", rabbitMQ, rabbitNodeRestarts)
	})
	t.Run("stop_app", func(t *testing.T) {
		s := newScenario(t)
		s.restarts(n.site(), rabbitRestarts, func() {
			n.control("stop_app")
			n.control("start_app")
		})
		s.finish("the broker stopped and started, by rabbitmqctl", rabbitMQ, rabbitRestarts)
	})
	t.Run("memory alarm", func(t *testing.T) { checkMemoryAlarm(t, n) })
	t.Run("reset", func(t *testing.T) { checkReset(t, n) })
}
