package prober

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestCrewKeepsGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCrew()
		defer c.Close()
		before := runtime.NumGoroutine()
		var ran atomic.Int32
		for range 10 {
			for range 3 {
				c.Go(func() {
					ran.Add(1)
					time.Sleep(time.Second)
				})
			}
			time.Sleep(2 * time.Second)
		}
		if kept := runtime.NumGoroutine() - before; ran.Load() != 30 || kept != 3 {
			t.Errorf("%d functions ran, %d goroutines are kept; want 30, and 3 as there were at one time", ran.Load(), kept)
		}
	})
}

func TestCrewClosesBehindTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCrew()
		done := false
		c.Go(func() {
			time.Sleep(time.Hour)
			done = true
		})
		c.Close()
		if !done {
			t.Error("Close returned before what was begun had ended")
		}
		c.Close()
	})
}

// BenchmarkCrew calls a function that needs some stack.
func BenchmarkCrew(b *testing.B) {
	c := NewCrew()
	defer c.Close()
	done := make(chan struct{})
	b.ReportAllocs()
	for b.Loop() {
		c.Go(func() { deep(20); done <- struct{}{} })
		<-done
	}
}

// BenchmarkCrewAgainstGo is the same with a goroutine for each call.
func BenchmarkCrewAgainstGo(b *testing.B) {
	done := make(chan struct{})
	b.ReportAllocs()
	for b.Loop() {
		go func() { deep(20); done <- struct{}{} }()
		<-done
	}
}

//go:noinline
func deep(n int) byte {
	var room [256]byte
	if n == 0 {
		return room[0]
	}
	room[n] = deep(n - 1)
	return room[n/2]
}
