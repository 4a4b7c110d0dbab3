package amqp_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
)

// proxy stands between a transport and the broker, and fails when it is told to.
type proxy struct {
	listener net.Listener
	copying  sync.WaitGroup

	mu          sync.Mutex
	conns       []net.Conn
	accepted    int
	flowing     chan struct{} // closed while what the client sends is read
	hidden      string        // a queue that is not found
	hiding      int           // by how many declarations
	diverted    [2]string     // from one exchange to another, of as long a name
	diverting   int           // how many publishes
	withheld    []byte        // the beginning of a method that is not passed on
	withholding int           // how many more calls
	withholds   int           // how many were
}

// newProxy listens, by TLS where there is a configuration.
func newProxy(t *testing.T, config *tls.Config) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	p := &proxy{listener: listener, flowing: make(chan struct{})}
	close(p.flowing)
	p.copying.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.resume()
		p.cut()
		p.copying.Wait()
	})
	return p
}

func (p *proxy) url() string { return "amqp://guest:guest@" + p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", address)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.accepted++
		p.mu.Unlock()
		p.copying.Go(func() { p.forward(server, client) })
		p.copying.Go(func() {
			_, _ = io.Copy(client, server)
			_ = client.Close()
		})
	}
}

// forward copies what the client sends, while it flows.
func (p *proxy) forward(server, client net.Conn) {
	defer server.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		p.mu.Lock()
		flowing := p.flowing
		p.mu.Unlock()
		<-flowing
		if err != nil {
			return
		}
		p.hideQueue(buffer[:n])
		p.divertPublish(buffer[:n])
		if _, err := server.Write(p.withholdMethod(buffer[:n])); err != nil {
			return
		}
	}
}

// hide has the next declarations of a queue answered as if there were none.
func (p *proxy) hide(queue string, declarations int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hidden, p.hiding = queue, declarations
}

// hideQueue makes a declaration of the hidden queue a passive one, which only asks
// whether there is one.
func (p *proxy) hideQueue(sent []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	declaration := []byte{0, 50, 0, 10, 0, 0, byte(len(p.hidden))} // class, method, reserved
	_, rest, found := bytes.Cut(sent, append(declaration, p.hidden...))
	if found && p.hiding > 0 {
		p.hiding--
		const passive = 1
		rest[0] |= passive
	}
}

// divert has the next publishes to an exchange go to another one, whose name has
// the same length.
func (p *proxy) divert(from, to string, publishes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.diverted, p.diverting = [2]string{from, to}, publishes
}

func (p *proxy) divertPublish(sent []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	from, to := p.diverted[0], p.diverted[1]
	publish := append([]byte{0, 60, 0, 40, 0, 0, byte(len(from))}, from...) // class, method, reserved
	if at := bytes.Index(sent, publish); at >= 0 && p.diverting > 0 {
		p.diverting--
		copy(sent[at+len(publish)-len(from):], to)
	}
}

// withhold does not pass on the next calls of a method of a queue, which are so
// never answered.
func (p *proxy) withhold(class, method byte, queue string, calls int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.withheld = append([]byte{0, class, 0, method, 0, 0, byte(len(queue))}, queue...)
	p.withholding, p.withholds = calls, 0
}

// withholdMethod leaves out a frame, which has its size before the method and one
// byte behind.
func (p *proxy) withholdMethod(sent []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := bytes.Index(sent, p.withheld)
	if at < 0 || p.withholding == 0 {
		return sent
	}
	p.withholding--
	p.withholds++
	size := int(binary.BigEndian.Uint32(sent[at-4:]))
	return slices.Delete(sent, at-7, at+size+1)
}

// cut ends all connections, abruptly.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}
	p.conns = nil
}

// stall has nothing read any more of what the clients send.
func (p *proxy) stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flowing = make(chan struct{})
}

func (p *proxy) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.flowing:
	default:
		close(p.flowing)
	}
}

// connections are how many were made in all.
func (p *proxy) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// withheldCalls are how many calls were not passed on.
func (p *proxy) withheldCalls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.withholds
}
