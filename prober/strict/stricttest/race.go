//go:build race

package stricttest

// each is how many mutations apart those are that are tried, behind the first
// 500: with the race detector all take minutes, and there is nothing to race.
const each = 16
