//go:build !race

package canary

// raced says that the race detector makes everything ten times slower.
const raced = false
