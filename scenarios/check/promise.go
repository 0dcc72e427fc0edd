package check

import "github.com/hookdrill/hookdrill/scenarios/verdict"

// notPromised looks at nothing, for a guarantee that the sender does not give
// and of which nothing can be seen.
func notPromised(reason string) eyes {
	return eyes{report: func() Report { return Report{Status: verdict.NotApplicable, Reason: reason} }}
}

// unpromised looks as e does and judges nothing: the sender does not give the
// guarantee, and a reader wants to know what that came to. broken is what the
// findings are called that there would be.
func unpromised(reason, broken string, e eyes) eyes {
	look := e.report
	e.report = func() Report {
		r := Report{Status: verdict.NotApplicable, Reason: reason}
		seen := look()
		if seen.Premise != "" || seen.Count > 0 {
			r.Premise = seen.Premise
			r.Numbers = append([]Number{{broken, count(seen.Count)}}, seen.Numbers...)
		}
		return r
	}
	return e
}
