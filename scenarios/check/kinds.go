package check

import "github.com/hookdrill/hookdrill/scenarios/plan"

// checker is one row of the table of guarantees.
type checker struct {
	name string
	// holds states the guarantee, broken is the text of its failure.
	holds, broken string
	params        []plan.Param
	// where says that it can be limited to some endpoints.
	where bool
	// always says that it is judged whether or not the plan lists it.
	always bool
	// needsWhole says that it cannot pass on a history that was cut off.
	needsWhole bool
	look       func(*ledger, ask) eyes
}

// checkers returns the table, in the order in which the always-judged ones
// are reported.
func checkers() []checker {
	return []checker{
		assumptionsChecker(),
		noLossChecker(), noPhantomChecker(), idStabilityChecker(), signatureChecker(), staysUpChecker(),
		duplicatesChecker(), orderChecker(), retryScheduleChecker(), retryAfterChecker(), redirectChecker(),
		isolationChecker(), recoveryChecker(), crashDurabilityChecker(), quiescenceChecker(),
		accountingChecker(),
	}
}

// Kinds returns what scenario files may list under `guarantees`.
func Kinds() []plan.GuaranteeKind {
	var kinds []plan.GuaranteeKind
	for _, c := range checkers() {
		kinds = append(kinds, plan.GuaranteeKind{Name: c.name, Doc: c.holds, Params: c.params, Where: c.where})
	}
	return kinds
}
