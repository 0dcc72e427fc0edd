package canary

import "time"

// Settings are what a Model judges by. All times are of the prober's clock.
type Settings struct {
	// Interval is how far apart a region's canaries are.
	Interval time.Duration
	// LateAfter and LostAfter are when a canary is late, and lost. LostAfter
	// must exceed the sender's retry horizon.
	LateAfter, LostAfter time.Duration
	// FailAfter is how many bad looks in a row make a region troubled and how
	// many good ones end that, DivergeAfter how many make it divergent, and
	// ResolveAfter how many canaries in a row have to be on time before an
	// incident is over.
	FailAfter, DivergeAfter, ResolveAfter int
	// SLO is the share of canaries that have to be on time, below 1.
	SLO float64
	// CircuitFailures is how many failed publishes in a row open the circuit.
	CircuitFailures int
	// DivergentFor is how long a region diverges before that is an alert, and
	// MinFailures the fewest bad canaries for a burn-rate alert: with little
	// traffic one failure alone is a high rate.
	DivergentFor time.Duration
	MinFailures  int
	// Muted lists alerts that never fire.
	Muted []string
	// Windows mute alerts at planned times.
	Windows []Window
	// Gate is what gates judge by.
	Gate GateRule
}

// GateRule is what gates judge by.
type GateRule struct {
	// MinSamples is the fewest decided canaries of a region that a pass needs.
	MinSamples int
	// MaxBad is how many bad ones a pass stands.
	MaxBad int
	// Window is how far back a gate without a deploy and a time looks.
	Window time.Duration
}
