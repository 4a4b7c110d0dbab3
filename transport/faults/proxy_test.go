package faults_test

import (
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// proxy stands between the transports and a broker, and fails when it is told to.
type proxy struct {
	listener net.Listener
	target   string
	copying  sync.WaitGroup

	flow sync.RWMutex // locked while the proxy stalls

	mu    sync.Mutex
	conns map[net.Conn]bool
	late  time.Duration // of whatever passes
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: target, conns: map[net.Conn]bool{}}
	p.copying.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.cut()
		p.copying.Wait()
	})
	return p
}

// through is a site as it is reached by the proxy.
func (p *proxy) through(t *testing.T, s site) site {
	t.Helper()
	place, err := url.Parse(s.Place)
	if err != nil {
		t.Fatal(err)
	}
	place.Host = p.listener.Addr().String()
	s.Place = place.String()
	return s
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		broker, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.note(client, broker)
		p.copying.Go(func() { p.copy(client, broker) })
		p.copying.Go(func() { p.copy(broker, client) })
	}
}

func (p *proxy) note(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		p.conns[conn] = true
	}
}

// copy copies one way, until either side ends.
func (p *proxy) copy(to, from net.Conn) {
	defer p.close(to)
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil || p.pass(to, buffer[:n]) != nil {
			return
		}
	}
}

func (p *proxy) pass(to net.Conn, data []byte) error {
	time.Sleep(p.delay())
	p.flow.RLock()
	defer p.flow.RUnlock()
	_, err := to.Write(data)
	return err
}

func (p *proxy) close(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = conn.Close()
	delete(p.conns, conn)
}

// cut ends all connections abruptly, and says how many.
func (p *proxy) cut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
	return len(p.conns)
}

// stall has nothing pass either way, and closes nothing, until resume is called.
func (p *proxy) stall() (resume func()) {
	p.flow.Lock()
	return sync.OnceFunc(p.flow.Unlock)
}

// setDelay has everything pass later.
func (p *proxy) setDelay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.late = d
}

func (p *proxy) delay() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.late
}
