// Command plain is a binary that is no test, and plays runs in virtual time.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

func main() {
	if job, ok := virtual.FromEnv(); ok {
		virtual.Main(job, play)
	}
	fmt.Println("this is the command line", os.Args[1:])
}

func play(_ context.Context, history io.Writer, progress func(time.Duration, string)) error {
	fmt.Fprintln(history, "first line")
	time.Sleep(time.Hour)
	progress(time.Since(time.Date(2025, 12, 10, 3, 2, 0, 0, time.UTC)), fmt.Sprint(len(os.Args)-1, " arguments"))
	return nil
}
