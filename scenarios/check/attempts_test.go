package check

import (
	"testing"
	"time"

	"github.com/hookdrill/hookdrill/prober/history"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// owe accepts one event that is owed to shaky.
func owe(w *world) uint32 {
	k := w.key(1, 2)
	w.accept(k, 1, 10*sec)
	return k
}

func TestNoPhantom(t *testing.T) {
	table(t, "no-phantom", nil, []row{
		{"what was published", func(w *world) { w.attempt(owe(w), 1, 2, 11*sec, 200) }, verdict.Pass, "it is owed there", "1 attempt"},
		{"no attempt", func(w *world) { owe(w) }, verdict.Unknown, "nothing was received", "nothing to look at"},
		{"a request without a token", func(w *world) {
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 200)
			w.attempt(0, 0, 2, 12*sec, 200)
		}, verdict.Pass, "a ping is no event", "without a token: 1"},
		{"another endpoint's event", func(w *world) { w.attempt(owe(w), 1, 0, 11*sec, 200) },
			verdict.Fail, "tenants must not hear of each other", "-- the event is owed to shaky alone"},
		{"an event that is not planned", func(w *world) { owe(w); w.attempt(7, 1, 2, 11*sec, 200) },
			verdict.Fail, "nobody made it", "-- the plan has no such event"},
		{"an event that was never published", func(w *world) { w.attempt(w.key(1, 2), 1, 2, 11*sec, 200) },
			verdict.Fail, "the sender cannot know it", "-- nobody had published it"},
		{"an event whose publish was cut off", func(w *world) {
			w.attempt(w.key(1, 2), 1, 2, 11*sec, 200)
			w.h.End = nil
		}, verdict.Pass, "the call may have been under way", ""},
		{"a refused event", func(w *world) {
			k := w.key(1, 2)
			w.publish(k, 1, 10*sec, history.Refused)
			w.attempt(k, 1, 2, 11*sec, 200)
		}, verdict.Fail, "it said that it would not", "-- every publish of it was refused"},
		{"an indeterminate event", func(w *world) {
			k := w.key(1, 2)
			w.publish(k, 1, 10*sec, history.Indeterminate)
			w.attempt(k, 1, 2, 11*sec, 200)
		}, verdict.Pass, "it may have been accepted", ""},
		{"refused, sent, and then accepted", func(w *world) {
			k := w.key(1, 2)
			w.publish(k, 1, 10*sec, history.Refused)
			w.accept(k, 1, 20*sec).Try = 2
			w.attempt(k, 1, 2, 11*sec, 200)
		}, verdict.Fail, "it was sent on the strength of a refused call", "it was sent before the publish that was accepted had begun"},
		{"damaged body", func(w *world) { w.attempt(owe(w), 1, 2, 11*sec, 200).Body = history.CheckBad },
			verdict.Fail, "it is not what was published", "does not match its checksum"},
		{"a body cut off by the endpoint", func(w *world) {
			a := w.attempt(owe(w), 1, 2, 11*sec, 0)
			a.Body, a.Disposition = history.CheckBad, history.Incomplete
		}, verdict.Pass, "what was not read cannot be compared", ""},
		{"a redirect's trap", func(w *world) {
			w.attempt(owe(w), 1, 2, 11*sec, 200)
			a := w.attempt(7, 1, 0, 12*sec, 200)
			a.Trap = true
		}, verdict.Pass, "redirect looks at those", ""},
	})
}

func TestIDStability(t *testing.T) {
	twice := func(w *world) (a, b *history.Attempt) {
		k := owe(w)
		w.attempt(k, 1, 2, 11*sec, 503)
		w.attempt(k, 1, 2, 17*sec, 200)
		return &w.h.Attempts[0], &w.h.Attempts[1]
	}
	table(t, "id-stability", nil, []row{
		{"one id", func(w *world) { twice(w) }, verdict.Pass, "the retry carries it", "2 attempts with an id"},
		{"another id on the retry", func(w *world) { _, b := twice(w); b.ID = 9 },
			verdict.Fail, "receivers drop duplicates by it", "carries another id than the first"},
		{"no id on the retry", func(w *world) { _, b := twice(w); b.ID = 0 },
			verdict.Fail, "receivers drop duplicates by it", "carries no id"},
		{"no id on a request cut off", func(w *world) {
			_, b := twice(w)
			b.ID, b.Disposition = 0, history.Incomplete
		}, verdict.Pass, "its headers may be missing", ""},
		{"an id for two events", func(w *world) {
			k := w.key(2, 2)
			w.accept(k, 1, 10*sec)
			w.accept(k, 2, 20*sec)
			w.attempt(k, 1, 2, 11*sec, 200).ID = 9
			w.attempt(k, 2, 2, 21*sec, 200).ID = 9
		}, verdict.Fail, "receivers drop the second", "carries the same id at this endpoint"},
		{"an id for two events of one request", func(w *world) {
			k := w.key(2, 2)
			w.accept(k, 1, 10*sec)
			w.accept(k, 2, 10*sec)
			w.attempt(k, 1, 2, 11*sec, 200).ID = 9
			b := w.attempt(k, 2, 2, 11*sec, 200)
			b.ID, b.Request = 9, 1
		}, verdict.Pass, "the batch is one delivery", ""},
		{"an id for one event at two endpoints", func(w *world) {
			k := w.key(1, 3)
			w.accept(k, 1, 10*sec)
			for e := range 3 {
				w.attempt(k, 1, e, 11*sec, 200).ID = 9
			}
		}, verdict.Pass, "each receiver hears it once", ""},
		{"no ids at all", func(w *world) { a, b := twice(w); a.ID, b.ID = 0, 0 },
			verdict.Unknown, "the sender signs, so it should show ids", "nothing to look at"},
		{"no ids and no signatures", func(w *world) {
			a, b := twice(w)
			a.ID, b.ID, w.pol.Signature = 0, 0, ""
		}, verdict.NotApplicable, "its scheme has none", "the sender shows no ids"},
	})
}

func TestSignature(t *testing.T) {
	signed := func(c history.Check) func(w *world) {
		return func(w *world) { w.attempt(owe(w), 1, 2, 11*sec, 200).Signature = c }
	}
	table(t, "signature", nil, []row{
		{"good", signed(history.CheckGood), verdict.Pass, "it verifies", "1 signed attempt"},
		{"wrong", signed(history.CheckBad), verdict.Fail, "it does not verify", "wrong: 1"},
		{"missing", signed(history.CheckMissing), verdict.Fail, "there is none", "missing: 1"},
		{"stale", signed(history.CheckStale), verdict.Fail, "receivers refuse it", "stale: 1"},
		{"nobody looked", signed(history.CheckNone), verdict.Unknown, "an empty premise shows nothing", ""},
		{"wrong on a request without an event", func(w *world) {
			w.attempt(owe(w), 1, 2, 11*sec, 200)
			w.attempt(0, 0, 2, 12*sec, 200).Signature = history.CheckBad
		}, verdict.Fail, "it signs what is no event, too", "its signature does not verify"},
		{"not promised", func(w *world) { signed(history.CheckMissing)(w); w.pol.Signature = "" },
			verdict.NotApplicable, "it does not sign", "does not declare that it signs"},
	})
}

func TestRedirect(t *testing.T) {
	table(t, "redirect", nil, []row{
		{"answered 302 and tried again", func(w *world) {
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 302)
			w.attempt(k, 1, 2, 17*sec, 200)
		}, verdict.Pass, "it did not follow", "1 answer with 3xx"},
		{"nobody redirected", func(w *world) { w.attempt(owe(w), 1, 2, 11*sec, 200) },
			verdict.Unknown, "there was nothing to follow", "nothing to look at"},
		{"followed", func(w *world) {
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 302)
			w.attempt(k, 1, 2, 11*sec+200*ms, 200).Trap = true
		}, verdict.Fail, "the trap was hit", "a request at the redirect's target"},
		{"followed without its event", func(w *world) {
			w.attempt(owe(w), 1, 2, 11*sec, 302)
			w.attempt(0, 0, 2, 11*sec+200*ms, 200).Trap = true
		}, verdict.Fail, "the trap was hit, with a GET perhaps", "redirect -> shaky"},
		{"declared", func(w *world) {
			w.pol.Redirects = policy.RedirectsFollow
			w.attempt(owe(w), 1, 2, 11*sec, 302)
		}, verdict.NotApplicable, "it says that it follows", "declares that it follows redirects"},
		{"declared, and followed with the event", func(w *world) {
			w.pol.Redirects = policy.RedirectsFollow
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 307)
			w.attempt(k, 1, 2, 11*sec+200*ms, 200).Trap = true
		}, verdict.NotApplicable, "it does as it says", "premise: 1 answer with 3xx\n  reason: the sender declares that it follows redirects\n  followed: 1"},
		{"declared, and followed with a body that no token was found in", func(w *world) {
			w.pol.Redirects = policy.RedirectsFollow
			w.attempt(owe(w), 1, 2, 11*sec, 307)
			a := w.attempt(0, 0, 2, 11*sec+200*ms, 200)
			a.Trap, a.Bytes = true, 100
		}, verdict.NotApplicable, "the body may be an event that does not count", "declares that it follows redirects"},
		{"declared, and followed without the event", func(w *world) {
			w.pol.Redirects = policy.RedirectsFollow
			w.attempt(owe(w), 1, 2, 11*sec, 301)
			a := w.attempt(0, 0, 2, 11*sec+200*ms, 200)
			a.Trap, a.Bytes = true, 0
		}, verdict.Fail, "a GET has no body", "it left the event behind"},
		{"not declared", func(w *world) { w.pol.Redirects = "" }, verdict.NotApplicable, "it says nothing", "declares nothing"},
		{"not declared, and not followed", func(w *world) {
			w.pol.Redirects = ""
			w.attempt(owe(w), 1, 2, 11*sec, 302)
		}, verdict.NotApplicable, "it says nothing", "followed: 0"},
		{"an http.Client of ours", func(w *world) { w.pol.Seam = policy.SeamClient },
			verdict.NotApplicable, "our client follows or does not", "http.Client"},
	})
}

func TestRetryAfter(t *testing.T) {
	asked := func(back time.Duration) func(w *world) {
		return func(w *world) {
			k := owe(w)
			w.attempt(k, 1, 2, 11*sec, 429).RetryAfter = 120
			w.attempt(k, 1, 2, 11*sec+back, 200)
		}
	}
	table(t, "retry-after", nil, []row{
		{"waited", asked(121 * sec), verdict.Pass, "two minutes went by", "1 answer with Retry-After"},
		{"a date's second early", asked(119*sec + 200*ms), verdict.Pass, "dates have whole seconds", ""},
		{"came back early", asked(30 * sec), verdict.Fail, "it was asked for two minutes",
			"-- asked to wait 2m, the sender came back after 29.9s"},
		{"cap", func(w *world) { w.pol.RetryAfterCap = 20 * sec; asked(30 * sec)(w) },
			verdict.Pass, "it declares that it waits no longer than that", ""},
		{"killed meanwhile", func(w *world) { asked(30 * sec)(w); w.kill(20*sec, 30*sec) },
			verdict.Unknown, "a restart may begin anew", ""},
		{"never asked", func(w *world) { w.attempt(owe(w), 1, 2, 11*sec, 429) },
			verdict.Unknown, "no header, no premise", "nothing to look at"},
		{"resent by the transport", func(w *world) { asked(200 * ms)(w); w.h.Attempts[1].Resent = true },
			verdict.Unknown, "the sender did not decide that", ""},
		{"ignored by policy", func(w *world) { w.pol.RetryAfter = policy.RetryAfterIgnored; asked(30 * sec)(w) },
			verdict.NotApplicable, "it does not promise it", "premise: 1 answer with Retry-After\n  reason: the sender does not declare that it honours Retry-After\n  came back earlier: 1"},
	})
}
