package virtual

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Blocked is the error of a run in which virtual time stood still or did not
// lead to an end: the sender cannot be judged in virtual time as it is. It is
// an error of the environment, not a finding.
type Blocked struct {
	// At is where virtual time was, to the second.
	At time.Duration
	// Sentence says what blocks it.
	Sentence string
	// Stack is the stacks of the goroutines that block it.
	Stack string
}

// Error returns the sentence.
func (b *Blocked) Error() string { return b.Sentence }

// cannotJoin ends the sentence about a sender that lives in real time.
const cannotJoin = "it cannot join virtual time; run it in real time with --real"

// standstill says why virtual time does not move, and gives the stacks of the
// goroutines that hold it up: those of the bubble that wait for something
// outside of it, or do not wait at all.
func standstill(at time.Duration, dump []goroutine) (sentence, stack string) {
	var guilty []goroutine
	for _, g := range dump {
		if g.bubbled && !g.durable {
			guilty = append(guilty, g)
		}
	}
	start := fmt.Sprintf("virtual time stands still at %s: ", offset(at))
	if len(guilty) == 0 {
		return start + "every goroutine waits for another or for time", texts(dump)
	}
	// Several may be guilty. One that waits for a lock may wait for one that
	// spins, and both for one that waits for the outside: causes first.
	slices.SortStableFunc(guilty, func(a, b goroutine) int { return rank(a) - rank(b) })
	return start + reason(guilty[0]), texts(guilty)
}

func rank(g goroutine) int {
	switch g.state {
	case "IO wait", "syscall":
		return 0
	case "running", "runnable", "preempted":
		return 1
	}
	return 2
}

func reason(g goroutine) string {
	switch rank(g) {
	case 0:
		f, called, ok := g.culprit()
		place := called
		if ok {
			place = fmt.Sprintf("%s, called by %s", called, f)
		}
		if g.usesNet() {
			return fmt.Sprintf("the sender uses a real socket (%s): %s", place, cannotJoin)
		}
		return fmt.Sprintf("the sender waits for the operating system (%s): %s", place, cannotJoin)
	case 1:
		return "a goroutine spins at " + g.where()
	}
	if g.state == "select" || strings.HasPrefix(g.state, "chan ") {
		return fmt.Sprintf("a goroutine waits for %s of a channel made outside the bubble at %s", g.state, g.where())
	}
	return fmt.Sprintf("a goroutine waits for %s at %s", g.state, g.where())
}

func (g *goroutine) usesNet() bool {
	return slices.ContainsFunc(g.frames, func(f frame) bool {
		return f.standard() && (strings.HasPrefix(f.function, "net.") || strings.HasPrefix(f.function, "net/"))
	})
}

// overrun says what the Player waits for when it should have ended long ago.
func overrun(at time.Duration, dump []goroutine) (sentence, stack string) {
	sentence = fmt.Sprintf("the run had not ended at %s", offset(at))
	for _, g := range dump {
		if slices.ContainsFunc(g.frames, func(f frame) bool { return strings.HasSuffix(f.function, "virtual.(*child).perform") }) {
			return fmt.Sprintf("%s: it waits for %s at %s", sentence, g.state, g.where()), g.text
		}
	}
	return sentence, texts(dump)
}

// shown is how many goroutines' stacks are kept of what may be thousands.
const shown = 16

func texts(dump []goroutine) string {
	var all []string
	for _, g := range dump[:min(len(dump), shown)] {
		all = append(all, g.text)
	}
	if more := len(dump) - shown; more > 0 {
		all = append(all, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, "\n\n")
}

// offset writes scenario time as reports do: +00:31:07.412.
func offset(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("+%02d:%02d:%02d.%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, ms%1000)
}
