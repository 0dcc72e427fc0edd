package prober

import (
	"context"
	"errors"
	"net"
)

// Network is what endpoints listen on and senders dial over. InMemory and
// Loopback are the two; a client cannot tell them apart by the errors it gets.
type Network interface {
	// Listen opens one listener for the endpoints of these names, at least
	// one. Listening for many costs one goroutine, not one each.
	Listen(names ...string) (Listener, error)
	// Dial opens a connection as net.Dialer's DialContext does.
	Dial(ctx context.Context, network, addr string) (net.Conn, error)
}

// Listener is a net.Listener whose connections are all Conns.
type Listener interface {
	net.Listener
	// URL returns the scheme and authority under which a client reaches the
	// endpoint of that name, without a slash at the end.
	URL(name string) string
	// Door returns the way in to the endpoint of that name. It is
	// ErrSharedListener where that way cannot be shut for one endpoint alone.
	Door(name string) (Door, error)
}

// Door is the way in to one endpoint. Doors may be shut several times at
// once; while any undo is outstanding, the door stays shut.
type Door interface {
	// Refuse makes connecting fail with ECONNREFUSED until undo is called.
	Refuse() (undo func() error, err error)
	// Blackhole makes connecting hang until undo is called: no answer at all.
	Blackhole() (undo func() error, err error)
	// Turned returns how many connections were refused or left hanging. seen
	// is false where nobody but the kernel sees them.
	Turned() (n int, seen bool)
}

// Conn is a connection that can end in all the ways TCP knows.
type Conn interface {
	net.Conn
	// Reset drops the connection so that the peer sees ECONNRESET.
	Reset() error
	// CloseWrite sends FIN and keeps reading.
	CloseWrite() error
}

// ErrSharedListener says that several endpoints share a listener, so that its
// door cannot be shut for one of them.
var ErrSharedListener = errors.New("endpoint has no listener of its own")

// broken is a Conn that knows whether data it had taken was thrown back by a
// peer that was gone, or the peer has reset it and no call has told so yet. A
// read does not tell: after FIN it gives io.EOF, even when the kernel answered
// a later write with RST.
type broken interface {
	Broken() bool
}
