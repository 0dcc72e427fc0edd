package prober

import "sync"

// memDoor exists for endpoints whose door was ever asked for.
type memDoor struct {
	host    *memHost
	refused int
	holes   int
	turned  int
	// changed is closed when the door moves, for dials that hang.
	changed chan struct{}
}

// knock asks the door: hangs is not nil where a dial has to wait for it.
func (h *memHost) knock() (hangs <-chan struct{}, refused bool) {
	h.network.mu.Lock()
	defer h.network.mu.Unlock()
	d := h.door
	switch {
	case d == nil:
		return nil, false
	case d.holes > 0:
		d.turned++
		return d.changed, false
	case d.refused > 0:
		d.turned++
		return nil, true
	}
	return nil, false
}

// Refuse implements Door.
func (d *memDoor) Refuse() (func() error, error) { return d.shut(&d.refused), nil }

// Blackhole implements Door.
func (d *memDoor) Blackhole() (func() error, error) { return d.shut(&d.holes), nil }

// Turned implements Door.
func (d *memDoor) Turned() (int, bool) {
	d.host.network.mu.Lock()
	defer d.host.network.mu.Unlock()
	return d.turned, true
}

func (d *memDoor) shut(count *int) (undo func() error) {
	d.move(count, 1)
	var once sync.Once
	return func() error {
		once.Do(func() { d.move(count, -1) })
		return nil
	}
}

func (d *memDoor) move(count *int, by int) {
	d.host.network.mu.Lock()
	defer d.host.network.mu.Unlock()
	*count += by
	if d.holes == 0 {
		close(d.changed)
		d.changed = make(chan struct{})
	}
}
