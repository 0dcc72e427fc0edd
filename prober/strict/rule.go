package strict

// Rule is what the keys of a mapping must be to each other.
type Rule struct {
	schema  func() *Schema
	broken  func(Given) bool
	message string
}

// All wants all of the keys.
func All(message string, keys ...string) Rule {
	return Rule{func() *Schema { return With(keys...) }, func(g Given) bool { return g.count(keys) < len(keys) }, message}
}

// One wants exactly one of the keys.
func One(message string, keys ...string) Rule {
	return Rule{func() *Schema { return Exactly(keys...) }, func(g Given) bool { return g.count(keys) != 1 }, message}
}

// Some wants at least one of the keys.
func Some(message string, keys ...string) Rule {
	return Rule{func() *Schema { return Any(keys...) }, func(g Given) bool { return g.count(keys) == 0 }, message}
}

// Alone wants none of the others beside key.
func Alone(message, key string, others ...string) Rule {
	return Rule{func() *Schema { return &Schema{If: With(key), Then: Without(others...)} },
		func(g Given) bool { return g.Has(key) && g.count(others) > 0 }, message}
}

// Together wants both keys, or neither.
func Together(message, a, b string) Rule {
	return Rule{func() *Schema {
		return &Schema{AllOf: []*Schema{{If: With(a), Then: With(b)}, {If: With(b), Then: With(a)}}}
	},
		func(g Given) bool { return g.Has(a) != g.Has(b) }, message}
}

// With is the schema of mappings that have all the keys.
func With(keys ...string) *Schema { return &Schema{Required: keys} }

// Any is the schema of mappings that have one of the keys.
func Any(keys ...string) *Schema { return &Schema{AnyOf: having(keys)} }

// Exactly is the schema of mappings that have one of the keys, and one only.
func Exactly(keys ...string) *Schema { return &Schema{OneOf: having(keys)} }

// Without is the schema of mappings that have none of the keys.
func Without(keys ...string) *Schema { return &Schema{Not: Any(keys...)} }

// Only is the schema of mappings that have no other keys.
func Only(keys ...string) *Schema { return &Schema{PropertyNames: &Schema{Enum: Words(keys...)}} }

// Words are texts as values of a schema.
func Words(words ...string) []any {
	all := make([]any, len(words))
	for i, w := range words {
		all[i] = w
	}
	return all
}

func having(keys []string) []*Schema {
	all := make([]*Schema, len(keys))
	for i, key := range keys {
		all[i] = With(key)
	}
	return all
}
