package prober

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// backlog is how many connections may wait to be accepted by an open door.
const backlog = 4096

// fillTime bounds the dial that fills a blackholed listener's backlog. On
// loopback it takes microseconds; where it does not end, the backlog is full.
const fillTime = 200 * time.Millisecond

// Refuse implements Door.
func (l *loopDoor) Refuse() (func() error, error) { return l.shut(&l.refused) }

// Blackhole implements Door.
func (l *loopDoor) Blackhole() (func() error, error) {
	if runtime.GOOS != "linux" {
		return nil, fmt.Errorf("blackhole on loopback: not known how on %s", runtime.GOOS)
	}
	return l.shut(&l.holes)
}

// Turned implements Door: only the kernel sees what it refuses.
func (l *loopDoor) Turned() (int, bool) { return 0, false }

func (l *loopDoor) shut(count *int) (undo func() error, err error) {
	if err := l.change(count, 1); err != nil {
		return nil, errors.Join(err, l.change(count, -1))
	}
	var once sync.Once
	return func() (err error) {
		once.Do(func() { err = l.change(count, -1) })
		return err
	}, nil
}

// change moves the door to where the count of those who shut it wants it.
func (l *loopDoor) change(count *int, by int) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*count += by
	if l.closed {
		return nil
	}
	defer l.moved.Broadcast()
	if l.holes == 0 && l.refused > 0 {
		err = l.refuse()
	} else {
		err = l.listen(l.holes > 0)
	}
	if err != nil {
		return fmt.Errorf("door of endpoint %q: %w", l.name, err)
	}
	return nil
}

func (l *loopDoor) refuse() error {
	if l.tcp == nil {
		return nil
	}
	tcp := l.tcp
	l.tcp, l.full = nil, false
	for _, c := range l.held {
		_ = loopConn{c}.Reset() // what closing the listener does to those that wait in the kernel
	}
	l.held = nil
	return errors.Join(l.empty(), tcp.Close())
}

func (l *loopDoor) listen(full bool) (err error) {
	if l.tcp == nil {
		if l.tcp, err = net.ListenTCP("tcp4", l.addr); err != nil {
			l.tcp = nil
			return err
		}
	}
	if l.full == full {
		return nil
	}
	l.full = full
	if !full {
		return errors.Join(l.empty(), l.queue(backlog), l.tcp.SetDeadline(time.Time{}))
	}
	if err := errors.Join(l.tcp.SetDeadline(time.Unix(1, 0)), l.queue(0)); err != nil {
		return err
	}
	l.fill()
	return nil
}

// queue sets how many connections may wait to be accepted.
func (l *loopDoor) queue(n int) error {
	raw, err := l.tcp.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = syscall.Listen(int(fd), n) })
	return errors.Join(err, failed)
}

// fill makes the queue full. A dial that does not get through proves that it
// was full already.
func (l *loopDoor) fill() {
	c, err := net.DialTimeout("tcp4", l.addr.String(), fillTime)
	if err != nil {
		return
	}
	if l.filler != nil {
		_ = l.filler.Close() // its other end is among those held
	}
	l.filler = c
}

func (l *loopDoor) empty() error {
	if l.filler == nil {
		return nil
	}
	c := l.filler
	l.filler = nil
	return c.Close()
}
