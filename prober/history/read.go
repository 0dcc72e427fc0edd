package history

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Read reads a whole history into memory and applies its amends. A last line
// that is cut off is dropped, and Torn says so; anything else that is not as
// this package writes it is an error `history: line N: what: cause`. Fields
// may come in any order.
func Read(r io.Reader) (*History, error) {
	d, err := read(r, "history", 0)
	if err != nil {
		return nil, err
	}
	return d.h, nil
}

// ReadFile reads the history in a file. Its errors begin with the file's name.
func ReadFile(name string) (*History, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	defer func() { _ = f.Close() }() // it is only read
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	d, err := read(f, name, info.Size())
	if err != nil {
		return nil, err
	}
	return d.h, nil
}

// read reads about size bytes; 0 means that nobody knows how many there are.
func read(r io.Reader, name string, size int64) (*decoder, error) {
	lines := &lines{r: r, buf: make([]byte, 64<<10)}
	d := &decoder{h: &History{}}
	for number := 1; ; number++ {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, number, err)
		}
		switch {
		case number == 1:
			err = d.header(line)
		case lines.torn:
			err = errCut
		case len(bytes.TrimSpace(line)) > 0:
			d.room(lines.taken, size)
			err = d.entry(line, number)
		}
		if errors.Is(err, errCut) && number > 1 && lines.atEnd() {
			d.h.Torn = true
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, number, err)
		}
		d.whole = lines.taken
	}
	if d.endpoints == nil {
		return nil, fmt.Errorf("%s: line 1: header: the file is empty", name)
	}
	if line, err := d.apply(); err != nil {
		return nil, fmt.Errorf("%s: line %d: %w", name, line, err)
	}
	return d, nil
}

// header reads the first line. Its schema is looked at before its fields, so
// that a file of a later version is told as such.
func (d *decoder) header(line []byte) error {
	var first struct {
		Kind   string
		Schema int
	}
	if err := json.Unmarshal(line, &first); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	if first.Kind != "header" {
		return fmt.Errorf("header: missing, the kind is %q", first.Kind)
	}
	if first.Schema != Schema {
		return fmt.Errorf("header: schema is %d: this version reads %d", first.Schema, Schema)
	}
	var full headerLine
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&full); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	h := full.Header
	h.Policy = compact(h.Policy)
	if err := h.check(); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	d.h.Header = h
	d.endpoints = make(map[string]uint32, len(h.Endpoints))
	for i, name := range h.Endpoints {
		d.endpoints[name] = uint32(i)
	}
	d.faults = make(map[string]uint16, len(h.Faults))
	for i, name := range h.Faults {
		d.faults[name] = uint16(i)
	}
	return nil
}

// compact takes out the spaces that a formatter put in, so that equal policies
// are equal bytes.
func compact(raw json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil || b.Len() == 0 || b.String() == "null" {
		return nil
	}
	return b.Bytes()
}

// room makes room for all attempts at once as soon as a part of the file says
// how many there will be: growing by append would hold them twice in memory.
func (d *decoder) room(taken, size int64) {
	have := len(d.h.Attempts)
	if have < cap(d.h.Attempts) || have < 1024 || taken >= size {
		return
	}
	rest := int64(float64(have) / float64(taken) * float64(size-taken) * 1.02)
	// Unlike append and slices.Grow, make does not touch what is not used yet.
	fresh := make([]Attempt, have, have+int(rest)+16)
	copy(fresh, d.h.Attempts)
	d.h.Attempts = fresh
}
