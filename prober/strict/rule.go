package strict

// Rule is what the keys of a mapping must be to each other.
type Rule struct {
	schema  func() *Schema
	broken  func(Given) bool
	message string
}

// All wants all of the keys.
func All(message string, keys ...string) Rule {
	return Rule{func() *Schema { return told(message, With(keys...)) },
		func(g Given) bool { return g.count(keys) < len(keys) }, message}
}

// One wants exactly one of the keys.
func One(message string, keys ...string) Rule {
	return Rule{func() *Schema { return Exactly(message, keys...) }, func(g Given) bool { return g.count(keys) != 1 }, message}
}

// Some wants at least one of the keys.
func Some(message string, keys ...string) Rule {
	return Rule{func() *Schema { return Any(message, keys...) }, func(g Given) bool { return g.count(keys) == 0 }, message}
}

// Alone wants none of the others beside key.
func Alone(message, key string, others ...string) Rule {
	return Rule{func() *Schema { return &Schema{If: With(key), Then: Without(message, others...)} },
		func(g Given) bool { return g.Has(key) && g.count(others) > 0 }, message}
}

// Together wants both keys, or neither.
func Together(message, a, b string) Rule {
	return Rule{func() *Schema {
		return &Schema{AllOf: []*Schema{{If: With(a), Then: told(message, With(b))}, {If: With(b), Then: told(message, With(a))}}}
	}, func(g Given) bool { return g.Has(a) != g.Has(b) }, message}
}

// With is the schema of mappings that have all the keys.
func With(keys ...string) *Schema { return &Schema{Required: keys} }

// Any is the schema of mappings that have one of the keys; message is what an
// editor says of others.
func Any(message string, keys ...string) *Schema {
	s := &Schema{}
	for _, key := range keys {
		s.AnyOf = append(s.AnyOf, told(message, With(key)))
	}
	return s
}

// Exactly is the schema of mappings that have one of the keys, and one only.
func Exactly(message string, keys ...string) *Schema {
	// A oneOf would not tell an editor which key is too many.
	s := Any(message, keys...)
	for i, key := range keys[:len(keys)-1] {
		s.AllOf = append(s.AllOf, &Schema{If: With(key), Then: Without(message, keys[i+1:]...)})
	}
	return s
}

// Without is the schema of mappings that have none of the keys.
func Without(message string, keys ...string) *Schema {
	s := told(message, &Schema{})
	for _, key := range keys {
		s.Properties = append(s.Properties, Property{key, &Schema{never: true}})
	}
	return s
}

func told(message string, s *Schema) *Schema {
	s.ErrorMessage = message
	return s
}

// Words are texts as values of a schema.
func Words(words ...string) []any {
	all := make([]any, len(words))
	for i, w := range words {
		all[i] = w
	}
	return all
}
