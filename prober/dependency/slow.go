package dependency

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// slow delays answers by a toxic and narrows both ways. The bandwidth toxic is
// not used: it logs every interruption to standard error, whatever logger it
// was given.
func (p *proxy) slow(a Action) (Undo, error) {
	name := ""
	if a.Latency > 0 {
		var err error
		if name, err = p.delay(a.Latency, a.Jitter); err != nil {
			return nil, err
		}
	}
	if a.Rate > 0 {
		p.limit(func(rates []int64) []int64 { return append(rates, a.Rate) })
	}
	return func(ctx context.Context) error {
		if a.Rate > 0 {
			p.limit(func(rates []int64) []int64 {
				i := slices.Index(rates, a.Rate)
				return slices.Delete(rates, i, i+1)
			})
		}
		if name == "" {
			return nil
		}
		return p.toxics.RemoveToxic(ctx, name)
	}, nil
}

// delay adds a latency toxic and returns its name.
func (p *proxy) delay(latency, jitter time.Duration) (string, error) {
	p.mu.Lock()
	p.toxicCount++
	name := fmt.Sprintf("latency-%d", p.toxicCount)
	p.mu.Unlock()
	text, err := json.Marshal(map[string]any{
		"name": name, "type": "latency", "stream": "downstream",
		"attributes": map[string]int64{"latency": latency.Milliseconds(), "jitter": jitter.Milliseconds()},
	})
	if err != nil {
		return "", err
	}
	_, err = p.toxics.AddToxicJson(strings.NewReader(string(text)))
	return name, err
}

func (p *proxy) limit(change func([]int64) []int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rates = change(p.rates)
	close(p.rateChanged)
	p.rateChanged = make(chan struct{})
}

// rate returns the narrowest limit in KiB/s, and what is closed when it
// changes; zero means none.
func (p *proxy) rate() (int64, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.rates) == 0 {
		return 0, nil
	}
	return slices.Min(p.rates), p.rateChanged
}
