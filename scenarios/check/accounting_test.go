package check

import (
	"testing"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

func TestAccounting(t *testing.T) {
	// says gives an event that was answered with a status, and what the sender
	// says of it.
	says := func(status int, state history.AccountState, word string) func(*world) {
		return func(w *world) {
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, status)
			w.h.Accounts = append(w.h.Accounts, history.Account{At: 50 * mins, Endpoint: 2, Key: k, Number: 1, State: state, Said: word})
		}
	}
	table(t, "accounting", nil, []row{
		{"delivered, as it says", says(200, history.AccountDelivered, "ok"), verdict.Pass, "both agree", "1 account of the sender"},
		{"failed, as it says", says(503, history.AccountFailed, "dead"), verdict.Pass, "no-loss looks at that", "1 account"},
		{"failed, and it says delivered", says(503, history.AccountDelivered, "ok"), verdict.Fail, "nobody acknowledged it",
			`the sender says "ok", which means delivered`},
		{"never tried, and it says delivered", func(w *world) {
			says(503, history.AccountDelivered, "ok")(w)
			w.h.Attempts = nil
		}, verdict.Fail, "nobody has even seen it", "no attempt was acknowledged"},
		{"delivered, and it says failed", says(200, history.AccountFailed, "dead"), verdict.Pass,
			"the customer has it: a wrong word is a number", "reported as failed, but acknowledged"},
		{"a word that nobody knows", says(503, history.AccountUnknown, "meh"), verdict.Unknown, "it may mean anything", "none of its words"},
		{"a word that nobody knows, beside one that all do", func(w *world) {
			says(503, history.AccountUnknown, "meh")(w)
			says(200, history.AccountDelivered, "ok")(w)
		}, verdict.Pass, "it is counted", "in words that nobody knows"},
		{"it says nothing", func(w *world) { w.attempt(owe(w), 1, 2, 11*sec, 503) }, verdict.NotApplicable, "it was not asked, or does not know",
			"did not say what became"},
		{"it speaks of what was not published", func(w *world) {
			owe(w)
			w.h.Accounts = []history.Account{{Endpoint: 2, Key: 77, Number: 1, State: history.AccountDelivered}}
		}, verdict.NotApplicable, "that is about another run", "did not say what became"},
	})
}
