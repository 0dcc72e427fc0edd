package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hookdrill/hookdrill/chaos"
)

// distributionKinds are the names that chaos.Distribution knows.
func distributionKinds() []string {
	return []string{"constant", "uniform", "normal", "lognormal", "exponential"}
}

// distribution reads a distribution of delays: `200ms` (constant),
// `50ms..2s` (uniform), a kind and its mean with named numbers after it
// (`lognormal 200ms sigma 0.5 max 5s`, `normal 1s deviation 100ms`,
// `exponential 2s`), or a mapping with the same names
// (`{kind: lognormal, mean: 200ms, sigma: 0.5}`).
func (r *reader) distribution(n *node, what string) any {
	if n.kind == scalarNode && n.tag == tagText {
		words := strings.Fields(n.text)
		if len(words) > 1 && !slices.Contains(distributionKinds(), words[0]) {
			r.list = append(r.list, problem{n.pos, what, unknown("distribution", words[0], distributionKinds())})
			return nil
		}
		n = distributionNode(n, words)
	}
	if n.kind != mappingNode {
		r.add(n.pos, what, "must be a distribution such as 50ms..2s or lognormal 200ms sigma 0.5, not %s", n)
		return nil
	}
	before := len(r.list)
	f, _ := r.object(n, what, "kind", "mean", "min", "max", "deviation", "sigma")
	f.require("kind")
	d := chaos.Distribution{
		Kind: f.text("kind"), Mean: f.duration("mean", 0), Min: f.duration("min", 0), Max: f.duration("max", 0),
		Deviation: f.duration("deviation", 0), Sigma: f.float("sigma", 0, 0, 10),
	}
	if f.has("kind") && !slices.Contains(distributionKinds(), d.Kind) {
		r.list = append(r.list, problem{f.values["kind"].pos, what, unknown("distribution", d.Kind, distributionKinds())})
	}
	if len(r.list) == before {
		if err := checkDistribution(d, f); err != nil {
			r.list = append(r.list, problem{n.pos, what, err})
		}
	}
	if len(r.list) > before {
		return nil
	}
	return d
}

// checkDistribution says which number a kind needs, and which it has no use for.
func checkDistribution(d chaos.Distribution, f fields) error {
	needs := map[string][]string{
		"constant": {"mean"}, "uniform": {"max"}, "normal": {"mean", "deviation"},
		"lognormal": {"mean", "sigma"}, "exponential": {"mean"},
	}[d.Kind]
	for _, key := range needs {
		if !f.has(key) {
			return fmt.Errorf("%s needs a %s", d.Kind, key)
		}
	}
	for _, key := range []string{"mean", "deviation", "sigma"} {
		if f.has(key) && !slices.Contains(needs, key) {
			return fmt.Errorf("%s takes no %s", d.Kind, key)
		}
	}
	if f.has("max") && d.Max < max(d.Min, 1) {
		return fmt.Errorf("max %s is not above min %s", formatDuration(d.Max), formatDuration(d.Min))
	}
	return nil
}

// distributionNode rewrites the text form as the mapping it stands for.
func distributionNode(n *node, words []string) *node {
	out := &node{pos: n.pos, kind: mappingNode}
	set := func(key, value, tag string) {
		out.pairs = append(out.pairs, pair{
			&node{pos: n.pos, kind: scalarNode, text: key, tag: tagText},
			&node{pos: n.pos, kind: scalarNode, text: value, tag: tag},
		})
	}
	least, most, ranged := strings.Cut(n.text, "..")
	switch {
	case ranged && len(words) == 1:
		set("kind", "uniform", tagText)
		set("min", least, tagText)
		set("max", most, tagText)
	case len(words) == 1:
		set("kind", "constant", tagText)
		set("mean", n.text, tagText)
	case len(words)%2 == 0 && len(words) > 0:
		set("kind", words[0], tagText)
		set("mean", words[1], tagText)
		for i := 2; i < len(words); i += 2 {
			tag := tagText
			if _, err := strconv.ParseFloat(words[i+1], 64); err == nil {
				tag = tagFloat
			}
			set(words[i], words[i+1], tag)
		}
	default:
		return n
	}
	return out
}
