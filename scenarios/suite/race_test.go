//go:build race

package suite

// raced says that the race detector looks on, which costs ten times the time.
// The large scenarios are played without it, by `go test` and by `make test`,
// but for the correct sender's in package sendertest.
const raced = true
