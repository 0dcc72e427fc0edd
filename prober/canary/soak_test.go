package canary

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// tenRegions are as many as the soak and the benchmark have.
const tenRegions = "r0 r1 r2 r3 r4 r5 r6 r7 r8 r9"

// under returns a prober above a story's model: what the model finds counts in
// its metrics.
func (s *story) under(t testing.TB) *Prober {
	t.Helper()
	c := Defaults()
	c.State = filepath.Join(t.TempDir(), "probe.db")
	for _, r := range s.m.regions {
		c.Regions = append(c.Regions, Region{Name: r.name})
	}
	p := New(&c, Options{Clock: func() time.Time { return s.at }})
	p.model = s.m
	p.listen()
	return p
}

// size is what a prober takes at one time.
type size struct {
	heap, disk uint64
	series     int
	scrape     int // bytes
}

func (s size) String() string {
	return fmt.Sprintf("heap %.1f MB, state %.1f MB, %d series, %d kB a scrape", float64(s.heap)/1e6, float64(s.disk)/1e6, s.series, s.scrape/1000)
}

func measure(t *testing.T, p *Prober) size {
	t.Helper()
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	file, err := os.Stat(p.c.State)
	if err != nil {
		t.Fatal(err)
	}
	text := call(p.Handler(""), http.MethodGet, "/metrics", "").Body.String()
	n := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			n++
		}
	}
	return size{m.HeapAlloc, uint64(file.Size()), n, len(text)}
}

// TestSoak probes ten regions each minute for thirty days, with an outage every
// third day and a deploy every six hours: memory, the state on disk and the
// series of the metrics are at the end what they were after ten days.
func TestSoak(t *testing.T) {
	if raced {
		t.Skip("it takes a minute with the race detector; make test runs it without")
	}
	s := newStory(t, testSettings(), strings.Fields(tenRegions)...)
	p := s.under(t)
	st, err := openStore(t.Context(), p.c.State, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.close(); err != nil {
			t.Error(err)
		}
	}()
	st.db.NoSync, st.db.NoGrowSync = true, true // what is kept is the same
	save := func() {                            // once an hour, where a prober does it with each look
		if err := st.save(s.m.changes()); err != nil {
			t.Fatal(err)
		}
	}
	began := measure(t, p)
	var early size
	for d := range 30 {
		for h := range 24 {
			if h%6 == 0 {
				s.m.Deploy(fmt.Sprint("deploy-", d, "-", h), fmt.Sprint("r", h/6), false, s.at)
			}
			switch {
			case d%3 == 2 && h == 0:
				s.hold["r3"], s.route["r3"] = true, Unavailable
			case d%3 == 2 && h == 2:
				s.route["r3"] = OK
				s.release("r3")
			}
			s.play(60)
			save()
		}
		if err := st.prune(s.at); err != nil {
			t.Fatal(err)
		}
		if d == 9 {
			early = measure(t, p)
		}
	}
	late := measure(t, p)
	t.Logf("at the start %v; after 10 days %v; after 30 days %v", began, early, late)
	if late.heap > early.heap+early.heap/10+1<<20 || late.disk > early.disk+early.disk/10+1<<20 {
		t.Errorf("after 10 days it took %v, after 30 days %v", early, late)
	}
	if late.series != early.series || late.series != began.series {
		t.Errorf("%d series at the start, %d after 10 days and %d after 30", began.series, early.series, late.series)
	}
	snap := s.m.Snapshot()
	if len(snap.Closed) != 10 || snap.Open != nil {
		t.Errorf("%d incidents, want 10; open %v", len(snap.Closed), snap.Open)
	}
	for _, i := range snap.Closed {
		if len(i.Impacts) != 1 || i.Impacts[0].Region != "r3" || i.Impacts[0].Lost != 0 {
			t.Errorf("%s: %+v", i.ID, i.Impacts)
		}
	}
}

// TestDeploysOnDisk forgets marks in the state, too.
func TestDeploysOnDisk(t *testing.T) {
	s := newStory(t, testSettings(), "eu")
	file := filepath.Join(t.TempDir(), "probe.db")
	st, err := openStore(t.Context(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer st.close()
	for n := range maxDeploys + 300 {
		s.m.Deploy(fmt.Sprint(n), "", false, s.at.Add(time.Duration(n)*time.Second))
		if n%500 == 499 {
			if err := st.save(s.m.changes()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := st.save(s.m.changes()); err != nil {
		t.Fatal(err)
	}
	again := NewModel(testSettings(), []string{"eu"})
	if err := st.load(again, s.at); err != nil {
		t.Fatal(err)
	}
	if all := again.deploys.all; len(all) != maxDeploys || all[0].ID != "300" || len(again.deploys.dropped) != 0 {
		t.Errorf("%d marks are on disk, the first %s; %d too many", len(all), all[0].ID, len(again.deploys.dropped))
	}
}

// BenchmarkScrape reads the metrics of ten regions with a thousand canaries on
// their way each: 10,000 in all, the most that there can be.
func BenchmarkScrape(b *testing.B) {
	s := newStory(&testing.T{}, testSettings(), strings.Fields(tenRegions)...)
	for _, r := range s.m.regions {
		s.hold[r.name] = true
	}
	s.m.settings.Interval = time.Second
	p := s.under(b)
	s.play(CapInFlight)
	flying := 0
	for _, r := range s.m.regions {
		flying += r.ledger.flying
	}
	if flying != 10*CapInFlight {
		b.Fatalf("%d canaries are on their way", flying)
	}
	h := p.Handler("")
	for b.Loop() {
		if w := call(h, "GET", "/metrics", ""); w.Code != 200 {
			b.Fatal(w.Code)
		}
	}
	if d := b.Elapsed() / time.Duration(b.N); d > 50*time.Millisecond {
		b.Errorf("a scrape takes %v", d)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms/scrape")
}
