package virtual_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/virtual"
)

// TestChild is the child of the other tests. The payload names a player.
func TestChild(t *testing.T) {
	job, ok := virtual.FromEnv()
	if !ok {
		t.Skip("this is what children run")
	}
	go outside()
	virtual.Play(t, job, func(ctx context.Context, file io.Writer, progress func(time.Duration, string)) error {
		if string(job.Payload) == "early" {
			os.Exit(3)
		}
		if err := begin(file); err != nil {
			return err
		}
		return players[string(job.Payload)](ctx, progress)
	})
}

// begin writes the beginning of a history, which every player leaves.
func begin(file io.Writer) error {
	r, err := history.NewRecorder(file, history.Header{World: history.Virtual, Starts: starts}, func() time.Duration { return 1 })
	if err != nil {
		return err
	}
	r.Sender(history.SenderEvent{What: history.SenderReady, Incarnation: 3})
	return r.Flush()
}

type player func(ctx context.Context, progress func(time.Duration, string)) error

var errBad = errors.New("no such scenario")

var (
	packageLock    sync.Mutex
	packageChannel = make(chan int)
	handed         atomic.Pointer[chan int]
)

// outside is a goroutine that was there before the bubble.
func outside() {
	for handed.Load() == nil {
		runtime.Gosched()
	}
	*handed.Load() <- 1
}

var players = map[string]player{
	"ends": func(_ context.Context, progress func(time.Duration, string)) error {
		progress(0, time.Now().UTC().Format(time.RFC3339Nano))
		time.Sleep(3*time.Hour + 7)
		progress(3*time.Hour, fmt.Sprintf("%d thread, %s", runtime.GOMAXPROCS(0), os.Getenv("EXTRA")))
		return nil
	},
	"leaks": func(context.Context, func(time.Duration, string)) error {
		for i := range 100 {
			go func() { time.Sleep(time.Duration(i) * time.Hour) }()
			go func() { <-make(chan int) }()
		}
		time.Sleep(time.Minute)
		return nil
	},
	"litters": func(context.Context, func(time.Duration, string)) error {
		if _, err := os.MkdirTemp("", "litter-"); err != nil {
			return err
		}
		os.Exit(3)
		return nil
	},
	"fails": func(context.Context, func(time.Duration, string)) error { return errBad },
	"leaves": func(context.Context, func(time.Duration, string)) error {
		runtime.Goexit()
		return nil
	},
	"locks": func(context.Context, func(time.Duration, string)) error {
		packageLock.Lock()
		go lockAgain()
		time.Sleep(time.Hour)
		return nil
	},
	"spins": func(context.Context, func(time.Duration, string)) error {
		packageLock.Lock()
		time.Sleep(90 * time.Second)
		go lockAgain()
		go spin()
		time.Sleep(time.Hour)
		return nil
	},
	"receives": func(context.Context, func(time.Duration, string)) error {
		go receive()
		time.Sleep(time.Hour)
		return nil
	},
	"accepts": func(context.Context, func(time.Duration, string)) error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		go accept(l)
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			return err
		}
		defer c.Close()
		time.Sleep(time.Hour)
		return nil
	},
	"requests": func(context.Context, func(time.Duration, string)) error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		return get("http://" + l.Addr().String())
	},
	"runs": func(context.Context, func(time.Duration, string)) error { return runCat() },
	"shares": func(context.Context, func(time.Duration, string)) error {
		c := make(chan int)
		handed.Store(&c)
		waitForNobody(c)
		return nil
	},
	"waits": func(context.Context, func(time.Duration, string)) error {
		waitForNobody(make(chan int))
		return nil
	},
	"panics": func(context.Context, func(time.Duration, string)) error {
		time.Sleep(90 * time.Second)
		fmt.Fprintln(os.Stderr, "panic: this is only a log line")
		var wg sync.WaitGroup
		wg.Go(func() { deref(nil) })
		time.Sleep(time.Hour)
		return nil
	},
	"breaks": func(context.Context, func(time.Duration, string)) error {
		var broken *history.Recorder
		return broken.Flush()
	},
	"exits": func(context.Context, func(time.Duration, string)) error {
		time.Sleep(5 * time.Second)
		os.Exit(3)
		return nil
	},
	"pid": func(ctx context.Context, progress func(time.Duration, string)) error {
		time.Sleep(time.Minute)
		progress(time.Minute, strconv.Itoa(os.Getpid()))
		for ctx.Err() == nil {
			time.Sleep(time.Hour)
		}
		progress(2*time.Minute, "stopped: "+ctx.Err().Error())
		return nil
	},
	"holds": hold,
	"stays": func(_ context.Context, progress func(time.Duration, string)) error {
		progress(0, strconv.Itoa(os.Getpid()))
		for {
			time.Sleep(time.Hour)
		}
	},
}

func lockAgain() {
	packageLock.Lock()
	defer packageLock.Unlock()
}

func spin() {
	for n := 0; ; n++ {
		handed.CompareAndSwap(nil, nil)
	}
}

func receive() { <-packageChannel }

func accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
	}
}

func get(url string) error {
	r, err := http.Get(url)
	if err != nil {
		return err
	}
	return r.Body.Close()
}

// runCat starts a process that ends with this one.
func runCat() error {
	cmd := exec.Command("cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	defer in.Close()
	return cmd.Run()
}

func waitForNobody(c chan int) { <-c }

func deref(p *int) { *p = 1 }
