package canary

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Diagnosis is what the observers say together, as in the matrix of
// prober.md 3.3.
type Diagnosis struct {
	Region string `json:"region"`
	Trouble
	// Suspect says in a few words where to look.
	Suspect string `json:"suspect"`
	// Sentence says all of it.
	Sentence string `json:"sentence"`
	// Sure says that the cause showed itself, not just its effect.
	Sure bool `json:"sure"`
}

// diagnose judges one region in trouble beside the others.
func diagnose(r *region, all []*region) Diagnosis {
	d := Diagnosis{Region: r.name, Trouble: r.trouble, Sure: r.trouble.Class != OK}
	if r.trouble.IsZero() {
		d.Suspect = "nothing"
		d.Sentence = r.name + ": " + quiet(r)
		return d
	}
	if r.wavers() {
		d.Suspect, d.Sure = "nothing any more, if the next look is good too", false
		d.Sentence = fmt.Sprintf("%s: the newest look is good, after %s: it takes %d in a row", r.name, r.trouble, r.after)
		return d
	}
	still, ended := alike(all, r)
	switch {
	case ourselves(all):
		d.Suspect = "the prober's own network"
		d.Sure = false
	case r.self.row > 0:
		d.Suspect = "our receiver in " + r.name + " does not answer (" + r.self.class.short() + ")"
	default:
		d.Suspect = suspect(r, len(still)+1, len(all))
	}
	d.Sentence = fmt.Sprintf("%s: %s: %s", r.name, evidence(r), d.Suspect)
	switch {
	case len(ended) > 0:
		d.Sentence += fmt.Sprintf("; %s the same until %s", was(ended), clock(newestEnd(ended)))
	case len(still) > 0 && len(still)+1 < len(all):
		d.Sentence += fmt.Sprintf("; the same in %s", namesOf(still))
	case len(still) == 0 && len(all) > 1:
		d.Sentence += "; in no other region"
	}
	return d
}

// suspect is the row of the matrix. same counts the regions with this trouble.
func suspect(r *region, same, total int) string {
	missing := what(r.trouble.Class) != ""
	switch r.trouble.Stage {
	case StagePublish:
		switch {
		case r.trouble.Class == Blocked:
			return "our own allow-list keeps us from the sender"
		case r.trouble.Class == Auth:
			return "our credentials for the sender"
		case r.trouble.Class == Throttled:
			return "the sender throttles us"
		case same == total && total > 1:
			return "the same everywhere: a code change or a deploy of the sender"
		case missing:
			return "an incomplete infrastructure change in " + r.name + ", " + inTurn(&r.publish, what)
		default:
			return "the way to the sender, or the sender, in " + r.name
		}
	case StageRoute:
		return suspectRoute(r)
	case StageAttempt:
		return "the path between the sender and us: its egress proxy, a stale name, or split-horizon DNS"
	default:
		return "the sender, or its egress"
	}
}

// suspectRoute names the part of our receive path, or the parts that fail in
// turn.
func suspectRoute(r *region) string {
	kinds := r.route.kinds()
	if len(kinds) < 2 {
		return "our " + ourPart(r.trouble.Class) + " in " + r.name
	}
	s := "in " + r.name + " " + inTurn(&r.route, func(c Class) string { return "our " + ourPart(c) })
	if slices.ContainsFunc(kinds, func(c Class) bool { return !c.answered() }) {
		return s
	}
	return s + ": its gateways do not agree"
}

// inTurn joins what the classes of the newest looks mean.
func inTurn(s *signal, meaning func(Class) string) string {
	var all []string
	for _, c := range s.kinds() {
		if m := meaning(c); m != "" {
			all = append(all, m)
		}
	}
	return strings.Join(all, ", and in turn ")
}

// what says how a publish meets infrastructure that is not whole; "" for other
// classes.
func what(c Class) string {
	switch c {
	case RouteMissing:
		return "the route to the sender is missing"
	case Unavailable:
		return "the backend behind its route is gone"
	case BadGateway:
		return "the backend behind its gateway does not answer"
	default:
		return ""
	}
}

// ourPart names the part of our receive path that a class points to.
func ourPart(c Class) string {
	switch c {
	case RouteMissing:
		return "route is missing"
	case Unavailable:
		return "backend is unavailable behind its route"
	case BadGateway:
		return "backend does not answer its gateway"
	case NoSuchHost:
		return "name does not exist"
	case DNSFailure:
		return "name does not resolve"
	case Refused, ConnectTimeout, Reset:
		return "public address does not take connections"
	case CertExpired:
		return "certificate has expired"
	case CertUnknownCA, CertHostname, TLSOther:
		return "certificate or its chain is wrong"
	case ResponseTimeout:
		return "public URL does not answer in time"
	case BodyInvalid:
		return "public URL leads to somebody else"
	case Blocked:
		return "public URL is not on our own allow-list"
	default:
		return "public URL fails"
	}
}

// evidence lists what each observer saw.
func evidence(r *region) string {
	var parts []string
	switch {
	case r.publish.looked.IsZero():
		parts = append(parts, "nothing published yet")
	case r.publish.row > 0:
		parts = append(parts, "publish "+r.publish.says()+from(r.publish.by))
	default:
		parts = append(parts, "publish accepted")
	}
	if !r.route.looked.IsZero() {
		parts = append(parts, "route check "+r.route.says()+from(r.route.by))
	}
	if r.attempt.row > 0 {
		parts = append(parts, "the sender's own attempts "+r.attempt.class.short())
	}
	if c := r.ledger.oldest(); c != nil && c.State() == Late {
		parts = append(parts, "no arrival since "+clock(c.Accepted))
	}
	return strings.Join(parts, ", ")
}

func from(p Place) string {
	if p == "" {
		return ""
	}
	return " from " + string(p)
}

// quiet says how a region without trouble is.
func quiet(r *region) string {
	_, late := r.ledger.overdue()
	switch {
	case !r.known():
		return "no data yet"
	case late > 0:
		return fmt.Sprintf("canaries arrive on time again; %d older ones are still on their way", late)
	case r.ledger.lastDelivered.IsZero():
		return "no canary has arrived yet"
	default:
		return "canaries arrive on time"
	}
}

// ourselves reports whether all regions fail before any of them could
// answer: that is rather us than all of them at once.
func ourselves(all []*region) bool {
	if len(all) < 2 {
		return false
	}
	for _, r := range all {
		if !mute(&r.publish) || !mute(&r.route) {
			return false
		}
	}
	return true
}

func mute(s *signal) bool {
	switch s.class {
	case NoSuchHost, DNSFailure, ConnectTimeout:
		return s.row > 0
	default:
		return false
	}
}

func was(all []*region) string {
	if len(all) == 1 {
		return namesOf(all) + " was"
	}
	return namesOf(all) + " were"
}

func newestEnd(all []*region) time.Time {
	var t time.Time
	for _, r := range all {
		t = later(t, r.ended)
	}
	return t
}

// clock writes an instant as people in one incident say it.
func clock(t time.Time) string { return t.UTC().Format("15:04:05") }
