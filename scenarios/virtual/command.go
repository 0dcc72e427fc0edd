package virtual

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// TestCommand returns the command that runs one test of this test binary
// again, by the name that t.Name gives. Flags of `go test` are not handed on
// (a child must not be verbose, timed, covered or repeated as its parent is);
// those that the test's own package has defined are.
func TestCommand(name string) ([]string, error) {
	binary, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("test binary: %w", err)
	}
	elements := strings.Split(name, "/")
	for i, e := range elements {
		elements[i] = "^" + regexp.QuoteMeta(e) + "$"
	}
	command := []string{binary, "-test.run=" + strings.Join(elements, "/"), "-test.count=1"}
	flag.Visit(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") {
			command = append(command, fmt.Sprintf("-%s=%s", f.Name, f.Value))
		}
	})
	return append(command, flag.Args()...), nil
}
