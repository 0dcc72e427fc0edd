package plan

import "time"

// grid is the width of the cells in which planned instants lie. The runtime
// fires timers of one instant in an order of its own, so no two instants of a
// plan are the same: each line and each stream owns one nanosecond of every
// cell, its salt.
const grid = 10 * time.Microsecond

// salts hands out the nanoseconds of a cell. Ends come before beginnings: a
// window that closes when another opens is closed by then.
type salts struct{ lines, streams int }

func (s salts) end(line int) time.Duration       { return time.Duration(1 + line) }
func (s salts) begin(line int) time.Duration     { return time.Duration(1 + s.lines + line) }
func (s salts) publish(stream int) time.Duration { return time.Duration(1 + 2*s.lines + stream) }
func (s salts) trafficEnd() time.Duration        { return time.Duration(1 + 2*s.lines + s.streams) }

// The cell has room for all of them.
const _ = uint(int(grid) - (2 + 2*maxLines + maxStreams))

// salted moves t to the nanosecond of its cell that salt owns.
func salted(t, salt time.Duration) time.Duration { return t - t%grid + salt }
