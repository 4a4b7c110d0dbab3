package amqpevents_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
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
	confirming  chan struct{} // closed while the broker's confirmations are passed on
	hidden      string        // a queue that is not found
	hiding      int           // by how many declarations
	diverted    [2]string     // from one exchange to another, of as long a name
	diverting   int           // how many publishes
	counted     []byte        // what calls begin with
	calls       int           // how many of them there were, of both sides
	withholding int           // how many more are not passed on
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
	return proxyOf(t, listener)
}

// newProxyAt listens at an address that a transport tries already.
func newProxyAt(t *testing.T, address string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return proxyOf(t, listener)
}

func proxyOf(t *testing.T, listener net.Listener) *proxy {
	p := &proxy{listener: listener, flowing: make(chan struct{}), confirming: make(chan struct{})}
	close(p.flowing)
	close(p.confirming)
	p.copying.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.resume()
		p.confirm()
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
		p.copying.Go(func() { p.answer(client, server) })
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

// answer copies what the broker sends, and confirmations when they may pass.
func (p *proxy) answer(client, server net.Conn) {
	defer client.Close()
	buffer := make([]byte, 64<<10)
	ack := []byte{0, 0, 0, 13, 0, 60, 0, 80} // size, class, method
	for {
		n, err := server.Read(buffer)
		if bytes.Contains(buffer[:n], ack) {
			p.mu.Lock()
			confirming := p.confirming
			p.mu.Unlock()
			<-confirming
		}
		if _, failed := client.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
		p.countMethod(buffer[:n])
	}
}

// unconfirm holds back what the broker confirms, and what comes behind that.
func (p *proxy) unconfirm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.confirming = make(chan struct{})
}

func (p *proxy) confirm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.confirming:
	default:
		close(p.confirming)
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

// method is how the call of a method begins that has a queue.
func method(class, number byte, queue string) []byte {
	return append([]byte{0, class, 0, number, 0, 0, byte(len(queue))}, queue...) // two of them are reserved
}

func declaring(queue string) []byte     { return method(50, 10, queue) }
func consumingFrom(queue string) []byte { return method(60, 20, queue) }

// cancelling and delivering are those that have a subscription.
func cancelling() []byte { return append([]byte{0, 60, 0, 30, 8}, "rollcall"...) }
func delivering() []byte { return append([]byte{0, 60, 0, 60, 8}, "rollcall"...) }

// closed is the broker's answer to the end of a connection.
func closed() []byte { return []byte{0, 0, 0, 4, 0, 10, 0, 51} } // size, class, method

// count counts the methods that begin so, of both sides.
func (p *proxy) count(beginning []byte) { p.withhold(beginning, 0) }

// withhold counts them, too, and does not pass on the next ones, which are so
// never answered.
func (p *proxy) withhold(beginning []byte, calls int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counted, p.calls, p.withholding = beginning, 0, calls
}

// withholdMethod leaves out a frame, which has its size before the method and one
// byte behind.
func (p *proxy) withholdMethod(sent []byte) []byte {
	p.countMethod(sent)
	p.mu.Lock()
	defer p.mu.Unlock()
	at := bytes.Index(sent, p.counted)
	if at < 0 || p.withholding == 0 {
		return sent
	}
	p.withholding--
	size := int(binary.BigEndian.Uint32(sent[at-4:]))
	return slices.Delete(sent, at-7, at+size+1)
}

func (p *proxy) countMethod(passed []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counted != nil && bytes.Contains(passed, p.counted) {
		p.calls++
	}
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

// countedCalls are how many methods there were that are counted.
func (p *proxy) countedCalls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}
