package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hookdrill/hookdrill/chaos"
	"github.com/hookdrill/hookdrill/prober/strict"
)

// distributionKind is a kind that chaos.Distribution knows, and the numbers that
// it needs.
type distributionKind struct {
	name  string
	needs []string
}

func distributions() []distributionKind {
	return []distributionKind{
		{"constant", []string{"mean"}}, {"uniform", []string{"max"}}, {"normal", []string{"mean", "deviation"}},
		{"lognormal", []string{"mean", "sigma"}}, {"exponential", []string{"mean"}},
	}
}

func distributionKinds() []string {
	var names []string
	for _, k := range distributions() {
		names = append(names, k.name)
	}
	return names
}

// useless returns the numbers that the kind has no use for.
func (k distributionKind) useless() []string {
	return slices.DeleteFunc([]string{"mean", "deviation", "sigma"}, func(key string) bool { return slices.Contains(k.needs, key) })
}

// distribution reads a distribution of delays: `200ms` (constant),
// `50ms..2s` (uniform), a kind and its mean with named numbers after it
// (`lognormal 200ms sigma 0.5 max 5s`, `normal 1s deviation 100ms`,
// `exponential 2s`), or a mapping with the same names
// (`{kind: lognormal, mean: 200ms, sigma: 0.5}`).
func distribution(dst *chaos.Distribution) strict.Value {
	const duration = strict.DurationPattern + "|0"
	schema := func() *strict.Schema {
		kinds := strings.Join(distributionKinds(), "|")
		text := strict.Matching(`^\s*((` + duration + `)(\.\.(` + duration + `))?|(` + kinds + `)(\s+\S+)+)\s*$`)
		return &strict.Schema{AnyOf: []*strict.Schema{text(), numbers(dst, "").Schema()}}
	}
	return strict.Ref("distribution", strict.Custom(schema, func(r *strict.Reader, n *strict.Node, what string) {
		if n.Kind == strict.ScalarNode && n.Tag == strict.TagText {
			words := strings.Fields(n.Text)
			if len(words) > 1 && !slices.Contains(distributionKinds(), words[0]) {
				r.AddErr(n.Pos, what, strict.Unknown("distribution", words[0], distributionKinds()))
				return
			}
			n = distributionNode(n, words)
		}
		numbers(dst, what).Read(r, n, what)
	}))
}

// numbers reads the mapping of a distribution that what names.
func numbers(d *chaos.Distribution, what string) strict.Value {
	// The text form has no place of its own for its kind.
	kinds := func() *strict.Schema { return &strict.Schema{Enum: strict.Words(distributionKinds()...)} }
	kind := strict.Custom(kinds, func(r *strict.Reader, n *strict.Node, key string) {
		before := r.Len()
		strict.Printable(&d.Kind).Read(r, n, key)
		if r.Len() == before && !slices.Contains(distributionKinds(), d.Kind) {
			r.AddErr(n.Pos, what, strict.Unknown("distribution", d.Kind, distributionKinds()))
		}
	})
	v := strict.Mapping{Want: "a distribution such as 50ms..2s or lognormal 200ms sigma 0.5", Fields: []strict.Field{
		strict.Need("kind", "Kind of the distribution.", kind),
		strict.Key("mean", "The constant's value, or the mean; of a lognormal the median.", strict.Duration(&d.Mean)),
		strict.Key("min", "The least that is drawn.", strict.Duration(&d.Min)),
		strict.Key("max", "The most that is drawn.", strict.Duration(&d.Max)),
		strict.Key("deviation", "Standard deviation of a normal.", strict.Duration(&d.Deviation)),
		strict.Key("sigma", "Of a lognormal: that of the logarithm.", strict.Float(&d.Sigma, 0, 10)),
	}}
	v.Shape = func() (all []*strict.Schema) {
		for _, k := range distributions() {
			is := strict.With("kind")
			is.Properties = strict.Properties{{Name: "kind", Schema: &strict.Schema{Const: k.name}}}
			then := strict.Without(k.name+" has no use for it", k.useless()...)
			then.Required = k.needs
			all = append(all, &strict.Schema{If: is, Then: then})
		}
		return all
	}
	return strict.Check(v, func(n *strict.Node) error { return checkDistribution(*d, n) })
}

// checkDistribution says which number a kind needs, and which it has no use for.
func checkDistribution(d chaos.Distribution, n *strict.Node) error {
	has := func(key string) bool {
		return slices.ContainsFunc(n.Pairs, func(p strict.Pair) bool { return p.Key.Text == key })
	}
	kind := distributions()[slices.Index(distributionKinds(), d.Kind)]
	for _, key := range kind.needs {
		if !has(key) {
			return fmt.Errorf("%s needs a %s", d.Kind, key)
		}
	}
	for _, key := range kind.useless() {
		if has(key) {
			return fmt.Errorf("%s takes no %s", d.Kind, key)
		}
	}
	if has("max") && d.Max < max(d.Min, 1) {
		return fmt.Errorf("max %s is not above min %s", strict.FormatDuration(d.Max), strict.FormatDuration(d.Min))
	}
	return nil
}

// distributionNode rewrites the text form as the mapping it stands for.
func distributionNode(n *strict.Node, words []string) *strict.Node {
	out := &strict.Node{Pos: n.Pos, Kind: strict.MappingNode}
	set := func(key, value, tag string) {
		out.Pairs = append(out.Pairs, strict.Pair{
			Key:   &strict.Node{Pos: n.Pos, Kind: strict.ScalarNode, Text: key, Tag: strict.TagText},
			Value: &strict.Node{Pos: n.Pos, Kind: strict.ScalarNode, Text: value, Tag: tag},
		})
	}
	least, most, ranged := strings.Cut(n.Text, "..")
	switch {
	case ranged && len(words) == 1:
		set("kind", "uniform", strict.TagText)
		set("min", least, strict.TagText)
		set("max", most, strict.TagText)
	case len(words) == 1:
		set("kind", "constant", strict.TagText)
		set("mean", n.Text, strict.TagText)
	case len(words)%2 == 0 && len(words) > 0:
		set("kind", words[0], strict.TagText)
		set("mean", words[1], strict.TagText)
		for i := 2; i < len(words); i += 2 {
			tag := strict.TagText
			if _, err := strconv.ParseFloat(words[i+1], 64); err == nil {
				tag = strict.TagFloat
			}
			set(words[i], words[i+1], tag)
		}
	default:
		return n
	}
	return out
}
