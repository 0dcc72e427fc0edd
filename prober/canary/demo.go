package canary

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
)

// Demo is an incident that is played to a prober: regions with senders, each
// delivering through a gateway that can fail.
type Demo struct {
	// Dir takes the prober's state.
	Dir string
	// Network is what all of it is on.
	Network prober.Network
	// Starts is the scenario's date, and Scale how many of its seconds pass
	// in one of the machine's.
	Starts time.Time
	Scale  float64
	// Interval is how far apart a region's canaries are, scenario time. A
	// scale that makes it shorter than FloorInterval is refused.
	Interval time.Duration
	// AtMost bounds the demo, scenario time. It ends a while after the
	// incident is resolved.
	AtMost  time.Duration
	Regions []DemoRegion
	// Steps are done at their times.
	Steps []DemoStep
	Log   zerolog.Logger
	// Listen is the address of the prober's status page, gate and metrics, on
	// loopback; empty: they are not to be had.
	Listen string
	// Tell hears of steps and of the incident's timeline as it grows; nil:
	// nobody does.
	Tell func(at time.Duration, text string)
	// Over hears of the outcome, after which the prober stays as it is until
	// ctx ends; nil: it ends.
	Over func(DemoResult)
}

// DemoRegion is one region of a demo.
type DemoRegion struct {
	Name    string
	Factory prober.Factory
	// Gateway answers in place of the region's endpoint while something is
	// wrong, at an offset of scenario time; nil, or a nil handler: it passes on.
	Gateway func(offset time.Duration, next http.Handler) http.Handler
}

// DemoStep is something that is done at one time.
type DemoStep struct {
	At time.Duration
	// Text says what happens, as somebody would who knows it all.
	Text string
	// Deploy and Region make it a deploy mark: the start, or with Ends the end.
	Deploy, Region string
	Ends           bool
	// Ask names a gate's answer to keep under this name.
	Ask string
}

// Play plays the demo. When ctx ends before the demo does, there is no outcome,
// and the error is its cause.
func (d Demo) Play(ctx context.Context) (DemoResult, error) {
	s := &stage{d: d, began: time.Now(), truths: map[string]*truth{}, gates: map[string]GateAnswer{}}
	defer s.close()
	cfg, o, err := s.build()
	if err != nil {
		return DemoResult{}, fmt.Errorf("demo: %w", err)
	}
	playing, cancel := context.WithCancel(ctx)
	defer cancel()
	p := New(cfg, o)
	s.wg.Go(func() { s.direct(playing, p, cancel) })
	_, err = p.Run(playing)
	cancel()
	s.wg.Wait()
	if err == nil && !s.over {
		err = context.Cause(ctx)
	}
	if err != nil {
		return DemoResult{}, fmt.Errorf("demo: %w", err)
	}
	return s.result, nil
}

// stage is a demo while it is played.
type stage struct {
	d       Demo
	began   time.Time
	servers []*http.Server
	serving sync.WaitGroup
	wg      sync.WaitGroup
	truths  map[string]*truth
	gates   map[string]GateAnswer
	outage  Seen
	result  DemoResult
	over    bool // result is the outcome
}

func (s *stage) offset() time.Duration {
	return time.Duration(float64(time.Since(s.began)) * s.d.Scale)
}

func (s *stage) now() time.Time { return s.d.Starts.Add(s.offset()) }

// build makes the prober's configuration, and the gateways.
func (s *stage) build() (*Config, Options, error) {
	if apart := time.Duration(float64(s.d.Interval) / s.d.Scale); apart < FloorInterval {
		return nil, Options{}, fmt.Errorf("an interval of %v at 1:%g is %v, and the floor is %v", s.d.Interval, s.d.Scale, apart, FloorInterval)
	}
	c := Defaults()
	c.File, c.State = "demo", filepath.Join(s.d.Dir, "probe.db")
	c.Interval, c.RouteInterval, c.Jitter = s.d.Interval, s.d.Interval, 0
	c.LateAfter, c.LostAfter = 2*s.d.Interval, 4*hour
	c.Timeout = 5 * time.Second
	c.Budget = Budget{PerMinute: CapPerMinute, PerDay: CapPerDay, InFlight: 500}
	c.Allow.Hosts, c.Admin = []string{"127.0.0.1"}, Admin{Listen: s.d.Listen}
	c.Gate.MinSamples = 3
	o := Options{Log: s.d.Log, Clock: s.now, Scale: s.d.Scale, Dial: s.d.Network.Dial, Factories: map[string]prober.Factory{}}
	direct := map[string]string{}
	inner := map[string]prober.Listener{}
	for _, g := range s.d.Regions {
		l, err := s.d.Network.Listen(g.Name)
		if err != nil {
			return nil, o, err
		}
		inner[g.Name], direct[g.Name] = l, authority(l.URL(g.Name))
		t := newTruth(g.Name, s.now)
		s.truths[g.Name] = t
		url, err := s.gateway(g, t, "http://"+direct[g.Name])
		if err != nil {
			return nil, o, errors.Join(err, l.Close())
		}
		o.Factories[g.Name] = t.watch(g.Factory)
		c.Regions = append(c.Regions, Region{Name: g.Name, Receive: Receive{Listen: direct[g.Name], URL: url + "/canary"}})
	}
	o.Listen = func(g Region) (net.Listener, error) { return inner[g.Name], nil }
	o.Direct = func(g Region) string { return direct[g.Name] }
	return &c, o, nil
}

// gateway opens the way to a region's endpoint, on which faults act.
func (s *stage) gateway(g DemoRegion, t *truth, to string) (url string, err error) {
	name := "gateway-" + g.Name
	l, err := s.d.Network.Listen(name)
	if err != nil {
		return "", err
	}
	proxy, err := newProxy(to, s.d.Network.Dial)
	if err != nil {
		return "", errors.Join(err, l.Close())
	}
	h := t.look(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.Gateway != nil {
			if fault := g.Gateway(s.offset(), proxy); fault != nil {
				fault.ServeHTTP(w, r)
				return
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	server := newHTTPServer(h, s.d.Log)
	s.servers = append(s.servers, server)
	s.serving.Go(func() { _ = server.Serve(l) }) // it ends by Close alone
	return l.URL(name), nil
}

func (s *stage) close() {
	for _, server := range s.servers {
		_ = server.Close() // what hangs in a fault would wait for ever
	}
	s.serving.Wait()
}

// direct does the steps, tells what the prober finds, and ends the demo.
func (s *stage) direct(ctx context.Context, p *Prober, end context.CancelFunc) {
	defer end()
	steps := slices.Clone(s.d.Steps)
	told, at := 0, ""
	var over time.Time
	for p.sleep(ctx, s.d.Interval/10) {
		if at == "" && p.URL() != "" {
			at = p.URL()
			s.tell("page:    " + at + "/")
			s.tell("metrics: " + at + "/metrics")
			s.tell("gate:    curl -i " + at + "/v1/gate/all")
		}
		for len(steps) > 0 && steps[0].At <= s.offset() {
			s.do(p, steps[0])
			steps = steps[1:]
		}
		told = s.narrate(p, told)
		snap := p.Snapshot()
		switch {
		case len(steps) > 0 || snap.Open != nil || len(snap.Closed) == 0:
			over = time.Time{}
		case over.IsZero():
			over = s.now()
		}
		done := !over.IsZero() && s.now().Sub(over) > 8*s.d.Interval
		if done || s.offset() > s.d.AtMost {
			s.result, s.over = s.sum(p), true
			if s.d.Over != nil {
				s.d.Over(s.result)
				<-ctx.Done()
			}
			return
		}
	}
}

func (s *stage) do(p *Prober, step DemoStep) {
	s.tell(step.Text)
	if step.Deploy != "" {
		p.note(func(m *Model, now time.Time) { m.Deploy(step.Deploy, step.Region, step.Ends, now) })
	}
	if step.Ask != "" {
		s.gates[step.Ask], s.outage = s.gate(p), s.see(p)
		s.tell("the gate says " + s.gates[step.Ask].Verdict())
	}
}

// narrate tells the entries of timelines that are new.
func (s *stage) narrate(p *Prober, told int) int {
	snap := p.Snapshot()
	var all []Entry
	for _, i := range slices.Backward(snap.Closed) {
		all = append(all, i.Entries...)
	}
	if snap.Open != nil {
		all = append(all, snap.Open.Entries...)
	}
	for _, e := range all[min(told, len(all)):] {
		text := e.Text
		if e.Phase != "" {
			text = string(e.Phase) + ": " + text
		}
		s.tell("  prober: " + text)
	}
	return max(told, len(all))
}

func (s *stage) tell(text string) {
	if s.d.Tell != nil && text != "" {
		s.d.Tell(s.offset(), text)
	}
}

func (s *stage) sum(p *Prober) DemoResult {
	snap := p.Snapshot()
	r := DemoResult{Gates: s.gates, Last: s.gate(p), Outage: s.outage, End: s.see(p)}
	r.Incidents = slices.Clone(snap.Closed)
	slices.Reverse(r.Incidents)
	if snap.Open != nil {
		r.Incidents = append(r.Incidents, snap.Open)
	}
	for _, g := range s.d.Regions {
		r.Truths = append(r.Truths, s.truths[g.Name].sum(2*s.d.Interval))
	}
	return r
}

func (s *stage) see(p *Prober) Seen { return Seen{s.get(p, "/").Text, s.get(p, "/metrics").Text} }

func (s *stage) gate(p *Prober) GateAnswer { return s.get(p, "/v1/gate/"+All) }

// get asks the prober's own admin handler, which may have no listener here.
func (s *stage) get(p *Prober, path string) GateAnswer {
	r, err := http.NewRequest(http.MethodGet, path, nil) // it has no body to wait for
	if err != nil {
		return GateAnswer{Text: err.Error()}
	}
	w := kept{status: http.StatusOK}
	p.Handler("").ServeHTTP(&w, r)
	return GateAnswer{w.status, w.String()}
}
