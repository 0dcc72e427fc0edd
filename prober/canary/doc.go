// Package canary probes live senders for SREs. It publishes canaries through
// each region's sender, receives them on endpoints of its own, joins the two
// by token, and says which region broke, at which stage and how; it keeps an
// incident's timeline and answers gates that deploys wait for.
//
// The core is pure: a Model is driven by observations and the time, and reads
// no clock, network or file. A Prober gives it the world: it makes the calls,
// keeps the state on disk, and does no harm while it is about it.
package canary
