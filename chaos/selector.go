package chaos

// Selector limits a fault to some attempts. Its zero value selects all.
type Selector struct {
	// From and To bound the attempt of an obligation, from 1; zero: no bound.
	From, To int
	// Every selects each nth attempt of an obligation; zero: all.
	Every int
	// P is the probability with which an attempt is selected; zero: all. The
	// draw is a function of (seed, endpoint, token, attempt).
	P float64
	// Keys, where not empty, are the only ordering keys it selects.
	Keys []uint32
	// Limit is the most attempts of one obligation that it acts on; zero: no bound.
	Limit int
	// Salt tells the draws of different faults apart.
	Salt uint64
}
