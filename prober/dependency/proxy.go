package dependency

import (
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// dialLimit bounds a dial to the dependency itself, which is near.
const dialLimit = 5 * time.Second

// proxy passes connections on to a dependency. Toxiproxy carries the bytes and
// delays them. Its own accept loop is not used: it dials in that loop, hides
// its connections, and so cannot reset those that exist; its timeout toxic
// throws away what a stall should only hold up.
type proxy struct {
	name, addr, upstream string
	api                  *toxiproxy.ApiServer
	toxics               *toxiproxy.ToxicCollection
	wg                   sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener
	links    map[*link]struct{}
	closed   bool
	// The verbs at work, counted since they may overlap.
	refusing, stalling, cutting, resetting, toxicCount int
	// flow is closed while data may pass.
	flow chan struct{}
	// rates are the limits at work; rateChanged is closed when they change.
	rates       []int64
	rateChanged chan struct{}
}

func newProxy(name, upstream string, log zerolog.Logger) (*proxy, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), log.Level(zerolog.ErrorLevel))
	p := &proxy{
		name: name, addr: l.Addr().String(), upstream: upstream, api: api,
		toxics:   toxiproxy.NewProxy(api, name, l.Addr().String(), upstream).Toxics,
		listener: l, links: map[*link]struct{}{}, flow: make(chan struct{}),
		rateChanged: make(chan struct{}),
	}
	close(p.flow)
	p.serve(l)
	return p, nil
}

func (p *proxy) serve(l net.Listener) {
	p.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // closed by refuse or close
			}
			p.wg.Go(func() { p.pass(c.(*net.TCPConn)) })
		}
	})
}

// pass carries one connection to its end.
func (p *proxy) pass(client *net.TCPConn) {
	up, err := net.DialTimeout("tcp", p.upstream, dialLimit)
	if err != nil {
		_ = client.Close() // the client learns the same from either
		return
	}
	l := &link{p: p, client: client, upstream: up.(*net.TCPConn), gone: make(chan struct{})}
	p.mu.Lock()
	switch {
	case p.closed || p.refusing > 0 || p.cutting > 0:
		p.mu.Unlock()
		l.end(false)
		return
	case p.resetting > 0:
		p.mu.Unlock()
		l.end(true)
		return
	}
	p.links[l] = struct{}{}
	p.mu.Unlock()
	l.run()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// endAll ends the connections there are.
func (p *proxy) endAll(reset bool) {
	for l := range p.links {
		l.end(reset)
	}
}

func (p *proxy) refuse() (func() error, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusing++
	if p.refusing == 1 {
		if err := p.listener.Close(); err != nil {
			p.refusing--
			return nil, err
		}
	}
	p.endAll(false)
	return p.admit, nil
}

func (p *proxy) admit() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusing--
	if p.refusing > 0 || p.closed {
		return nil
	}
	l, err := net.Listen("tcp4", p.addr)
	if err != nil {
		return fmt.Errorf("its port was taken meanwhile: %w", err)
	}
	p.listener = l
	p.serve(l)
	return nil
}

func (p *proxy) stall() func() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalling++
	if p.stalling == 1 {
		p.flow = make(chan struct{})
	}
	return func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.stalling--; p.stalling == 0 {
			close(p.flow)
		}
		return nil
	}
}

func (p *proxy) cut(reset bool) func() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := &p.cutting
	if reset {
		n = &p.resetting
	}
	*n++
	p.endAll(reset)
	return func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		*n--
		return nil
	}
}

func (p *proxy) flowing() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flow
}

// close ends everything and waits for it.
func (p *proxy) close() {
	p.mu.Lock()
	p.closed = true
	_ = p.listener.Close() // it may be closed by refuse
	p.endAll(false)
	p.mu.Unlock()
	p.wg.Wait()
}
