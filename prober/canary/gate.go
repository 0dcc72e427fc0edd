package canary

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/hookdrill/hookdrill/prober/strict"
	"github.com/hookdrill/hookdrill/scenarios/verdict"
)

// The words of a verdict, and what Spinnaker's monitored webhooks call them.
const (
	wordPass         = "pass"
	wordFail         = "fail"
	wordInconclusive = "inconclusive"

	statusSucceeded = "SUCCEEDED"
	statusTerminal  = "TERMINAL"
	statusRunning   = "RUNNING"
)

// maxWait bounds how long a gate may wait for a verdict.
const maxWait = 10 * time.Minute

// Reply is a verdict as /v1/verdict writes it.
type Reply struct {
	SchemaVersion int    `json:"schema_version"`
	Verdict       string `json:"verdict"`
	// OK is true for a pass alone.
	OK      bool          `json:"ok"`
	Status  string        `json:"status"`
	Window  ReplyWindow   `json:"window"`
	Samples int           `json:"samples"`
	Regions []ReplyRegion `json:"regions"`
	Reasons []string      `json:"reasons"`
}

// ReplyWindow is the time that was judged.
type ReplyWindow struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// ReplyRegion is the verdict on one region.
type ReplyRegion struct {
	Region          string  `json:"region"`
	Verdict         string  `json:"verdict"`
	Stage           Stage   `json:"stage,omitempty"`
	Class           Class   `json:"class,omitempty"`
	Good            int     `json:"good"`
	Bad             int     `json:"bad"`
	Waiting         int     `json:"waiting"`
	Delayed         int     `json:"delayed_by_deploy"`
	RecoverySeconds float64 `json:"recovery_seconds,omitempty"`
}

// Word returns a verdict as gates call it: pass, fail, or inconclusive.
func Word(s verdict.Status) string {
	switch s {
	case verdict.Pass:
		return wordPass
	case verdict.Fail:
		return wordFail
	default:
		return wordInconclusive
	}
}

func (a Answer) reply() Reply {
	r := Reply{SchemaVersion: 1, Verdict: Word(a.Verdict), OK: a.Verdict == verdict.Pass, Samples: a.Samples,
		Status: statusRunning, Window: ReplyWindow{a.From.UTC(), a.Until.UTC()}, Regions: []ReplyRegion{}, Reasons: a.Reasons}
	switch a.Verdict {
	case verdict.Pass:
		r.Status = statusSucceeded
	case verdict.Fail:
		r.Status = statusTerminal
	}
	for _, g := range a.Regions {
		r.Regions = append(r.Regions, ReplyRegion{g.Region, Word(g.Verdict), g.Trouble.Stage, g.Trouble.Class,
			g.Good, g.Bad, g.Waiting, g.Delayed, g.Recovery.Seconds()})
	}
	return r
}

// asked is what a gate was asked: by its query, or by the metadata of a
// Flagger webhook, whose values are all text.
type asked struct {
	q      Question
	noData verdict.Status
	wait   time.Duration
}

// flagger is the body that Flagger posts; of it only metadata matters.
type flagger struct {
	Metadata map[string]string `json:"metadata"`
}

func (p *Prober) asked(w http.ResponseWriter, r *http.Request) (a asked, err error) {
	var body flagger
	if err := readJSON(w, r, &body); err != nil {
		return a, err
	}
	get := func(key string) string {
		if v := r.URL.Query().Get(key); v != "" {
			return v
		}
		return body.Metadata[key]
	}
	a.q = Question{Name: mux.Vars(r)["name"], Deploy: get("deploy")}
	if v := get("since"); v != "" {
		if a.q.Since, err = time.Parse(time.RFC3339, v); err != nil {
			return a, fmt.Errorf("since: %q is no time such as 2026-01-31T02:30:00Z", v)
		}
	}
	if v := get("regions"); v != "" {
		a.q.Regions = strings.Split(v, ",")
	}
	if v := get("min_samples"); v != "" {
		if a.q.MinSamples, err = strconv.Atoi(v); err != nil || a.q.MinSamples < 1 {
			return a, fmt.Errorf("min_samples: %q is no number from 1", v)
		}
	}
	if v := get("wait"); v != "" {
		if a.wait, err = strict.ParseDuration(v); err != nil || a.wait < 0 || a.wait > maxWait {
			return a, fmt.Errorf("wait: want a duration up to %v", maxWait)
		}
	}
	switch v := get("no_data"); v {
	case "", wordInconclusive:
	case wordPass:
		a.noData = verdict.Pass
	case wordFail:
		a.noData = verdict.Fail
	default:
		return a, fmt.Errorf("no_data: %q is none of pass, fail, inconclusive", v)
	}
	return a, nil
}

// answer judges, and waits for a verdict where the caller asked for that. A
// name that is no gate is a mistake of the caller: false.
func (p *Prober) answer(w http.ResponseWriter, r *http.Request) (Answer, bool) {
	a, err := p.asked(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return Answer{}, false
	}
	p.mu.Lock()
	known := p.model.Knows(a.q.Name)
	p.mu.Unlock()
	if !known {
		http.Error(w, "there is no such region", http.StatusNotFound)
		return Answer{}, false
	}
	ctx, cancel := context.WithTimeout(r.Context(), a.wait)
	defer cancel()
	for {
		p.mu.Lock()
		moved := p.moved
		p.mu.Unlock()
		got := p.Judge(a.q)
		if got.Verdict != verdict.Unknown {
			return got, true
		}
		select {
		case <-moved:
			if ctx.Err() == nil {
				continue
			}
		case <-ctx.Done():
		}
		if a.noData != verdict.Unknown {
			got.Verdict = a.noData
			got.Reasons = append(got.Reasons, "without enough data; the caller wants that to be a "+Word(a.noData))
		}
		return got, true
	}
}

// gate answers by status: 200 pass, 403 fail, 409 no verdict. Never 5xx or
// 429: Flagger's client drops the body of both, and Spinnaker takes them for
// a service that is down and asks again.
func (p *Prober) gate(w http.ResponseWriter, r *http.Request) {
	a, ok := p.answer(w, r)
	if !ok {
		return
	}
	status := http.StatusConflict
	switch a.Verdict {
	case verdict.Pass:
		status = http.StatusOK
	case verdict.Fail:
		status = http.StatusForbidden
	}
	text(w, status, Word(a.Verdict), a.Reasons)
}

// verdict answers 200 always, with the verdict in the body: Argo Rollouts takes
// any other status for an error of the measurement.
func (p *Prober) verdict(w http.ResponseWriter, r *http.Request) {
	if a, ok := p.answer(w, r); ok {
		writeJSON(w, http.StatusOK, a.reply())
	}
}

// rollback is the inverse hook: 200 says "roll back". Without a verdict that
// is not wanted, so that a prober without data rolls nothing back.
func (p *Prober) rollback(w http.ResponseWriter, r *http.Request) {
	a, ok := p.answer(w, r)
	if !ok {
		return
	}
	if a.Verdict == verdict.Fail {
		text(w, http.StatusOK, "roll back", a.Reasons)
		return
	}
	text(w, http.StatusForbidden, "do not roll back: "+Word(a.Verdict), a.Reasons)
}

// text writes a verdict in a few lines, since hooks put it into events.
func text(w http.ResponseWriter, status int, head string, reasons []string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, head)
	for i, r := range reasons {
		if i == 8 {
			fmt.Fprintf(w, "and %d more\n", len(reasons)-i)
			break
		}
		fmt.Fprintln(w, r)
	}
}

// ExitCode is the exit code of a verdict: 0 pass, 1 fail, 3 neither.
func ExitCode(s verdict.Status) int {
	switch s {
	case verdict.Pass:
		return 0
	case verdict.Fail:
		return 1
	default:
		return 3
	}
}

// decodeReply reads what /v1/verdict writes.
func decodeReply(b []byte) (r Reply, err error) {
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("verdict: %w", err)
	}
	switch {
	case r.SchemaVersion != 1:
		return r, fmt.Errorf("verdict: schema_version %d; this hookdrill knows 1", r.SchemaVersion)
	case r.Verdict != wordPass && r.Verdict != wordFail && r.Verdict != wordInconclusive:
		return r, fmt.Errorf("verdict: %q is none of pass, fail, inconclusive", r.Verdict)
	}
	return r, nil
}

// Result returns the reply's verdict.
func (r Reply) Result() verdict.Status {
	switch r.Verdict {
	case wordPass:
		return verdict.Pass
	case wordFail:
		return verdict.Fail
	default:
		return verdict.Unknown
	}
}
