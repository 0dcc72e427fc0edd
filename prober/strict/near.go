package strict

import (
	"fmt"
	"strings"
)

// Unknown says that name, which is a kind of thing, is not one of known, and
// which of them was meant.
func Unknown(kind, name string, known []string) error {
	// A list that long is of endpoints; looking at each takes seconds.
	if len(known) > 5000 {
		return fmt.Errorf("unknown %s %q", kind, name)
	}
	return fmt.Errorf("unknown %s %q%s", kind, name, hint(name, known))
}

// hint proposes what else could stand in the place of name.
func hint(name string, known []string) string {
	near := DidYouMean(name, known)
	switch {
	case near != "" || len(known) > 16:
		return near
	case len(known) == 0:
		return "; there are none"
	default:
		return "; known: " + strings.Join(known, ", ")
	}
}

// DidYouMean proposes the nearest of the names, as the end of a message; "" if
// none is near.
func DidYouMean(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// Nearest returns the name that is a slip of the pen away from name, the first
// of several, or "".
func Nearest(name string, known []string) string {
	best, least := "", 64
	for _, k := range known {
		d := distance(strings.ToLower(name), strings.ToLower(k))
		if d < least && d < len(k) && (d <= max(len(name)/3, 1) || d <= 3 && 2*d <= len(k)+1) {
			best, least = k, d
		}
	}
	return best
}

// distance counts the inserted, removed, replaced and swapped bytes between
// two texts. Texts too long for a name are far from everything: the work
// grows with the product of the lengths.
func distance(a, b string) int {
	if max(len(a), len(b)) > 64 {
		return 64
	}
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			change := row[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			next[j] = min(change, row[j]+1, next[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
