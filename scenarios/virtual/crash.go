package virtual

import (
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"time"
)

// Broken is the error of a run in which hookdrill itself panicked.
type Broken struct {
	// Line is the panic's first line.
	Line string
	// Stack is that of the goroutine that panicked.
	Stack string
}

// Error says what broke, and where.
func (b *Broken) Error() string {
	where := ""
	if all := parseStacks(b.Stack); len(all) > 0 {
		where = " at " + all[0].where()
	}
	return fmt.Sprintf("hookdrill itself panicked%s: %s", where, b.Line)
}

// panicStatus is what Go exits with after a panic or a fatal error.
const panicStatus = 2

var crashLine = regexp.MustCompile(`(?m)^(?:panic|fatal error|SIG[A-Z]+): .*$`)

// crash says whose fault it is that a child ended without a last word.
func crash(at time.Duration, state *os.ProcessState, printed string) (Outcome, error) {
	line, stack := lastCrash(printed)
	if state.ExitCode() != panicStatus || line == "" {
		return Outcome{At: at, Crash: fmt.Sprintf("the sender ended the process (%s)", state)}, nil
	}
	g := goroutine{}
	if all := parseStacks(stack); len(all) > 0 {
		g, stack = all[0], all[0].text
	}
	switch {
	case strings.Contains(line, "out of memory") || strings.Contains(line, "cannot allocate memory"):
		return Outcome{}, fmt.Errorf("virtual run: %s", line)
	case strings.HasPrefix(line, "fatal error:") && (strings.Contains(line, "synctest") || strings.Contains(line, "bubble")):
		// The runtime found something that was shared across the bubble's edge.
		return Outcome{}, &Blocked{At: at, Stack: stack, Sentence: fmt.Sprintf(
			"the sender shares a channel, timer or WaitGroup with a goroutine that was started before the run (%s at %s): %s",
			strings.TrimPrefix(line, "fatal error: "), g.where(), cannotJoin)}
	case ours(&g):
		return Outcome{}, &Broken{Line: line, Stack: stack}
	}
	return Outcome{At: at, Crash: line, Stack: stack}, nil
}

// lastCrash finds the last crash in what a child printed, and what follows it.
func lastCrash(printed string) (line, rest string) {
	all := crashLine.FindAllStringIndex(printed, -1)
	if len(all) == 0 {
		return "", ""
	}
	last := all[len(all)-1]
	line, rest = printed[last[0]:last[1]], printed[last[1]:]
	// What sync.WaitGroup.Go and others do to a panic on its way is not said.
	line, _, _ = strings.Cut(line, " [recovered")
	return line, rest
}

const (
	ownModule = "github.com/hookdrill/hookdrill"
	// The reference sender is a sender like any other.
	refsender = ownModule + "/scenarios/refsender."
)

// ours reports whether the innermost frame that is not of Go itself is of
// hookdrill, and neither of its reference sender nor of a test.
func ours(g *goroutine) bool {
	f, _, ok := g.culprit()
	if !ok || strings.HasSuffix(f.file, "_test.go") || strings.HasPrefix(f.function, refsender) {
		return false
	}
	for _, room := range []string{"/prober", "/chaos", "/scenarios"} {
		if rest, in := strings.CutPrefix(f.function, ownModule+room); in && strings.ContainsAny(rest[:min(1, len(rest))], "./") {
			return true
		}
	}
	// hookdrill's own main package; in any other binary, main is the user's.
	build, ok := debug.ReadBuildInfo()
	return ok && build.Path == ownModule && strings.HasPrefix(f.function, "main.")
}
