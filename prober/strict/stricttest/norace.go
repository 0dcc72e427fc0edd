//go:build !race

package stricttest

const each = 1
