package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hookdrill/hookdrill/scenarios/command"
	"github.com/hookdrill/hookdrill/scenarios/suite"
)

// run is the whole program but for the process around it.
func run(ctx context.Context, line []string, stdout, stderr io.Writer) int {
	root := command.New(stdout, stderr, self())
	root.SetArgs(append([]string{}, line...)) // nil would be os.Args
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return suite.Pass
	}
	coded, ok := errors.AsType[*suite.Error](err)
	if !ok {
		coded = &suite.Error{Code: suite.Usage, Err: err}
	}
	if coded.Err != nil {
		for line := range strings.SplitSeq(coded.Error(), "\n") {
			fmt.Fprintln(stderr, "hookdrill: "+line)
		}
	}
	return coded.Code
}
