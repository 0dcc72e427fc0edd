package strict

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
)

// Schema is a JSON Schema, as far as the formats need one. But for $defs all
// of it means in draft 7, which editors know best, what it means in 2020-12.
// ErrorMessage and EnumDocs are no part of JSON Schema: yaml-language-server
// says what they say.
type Schema struct {
	Dialect              string     `json:"$schema,omitempty"`
	ID                   string     `json:"$id,omitempty"`
	Title                string     `json:"title,omitempty"`
	Description          string     `json:"description,omitempty"`
	Ref                  string     `json:"$ref,omitempty"`
	Type                 Types      `json:"type,omitempty"`
	Const                any        `json:"const,omitempty"`
	Enum                 []any      `json:"enum,omitempty"`
	Default              any        `json:"default,omitempty"`
	Pattern              string     `json:"pattern,omitempty"`
	MinLength            int        `json:"minLength,omitempty"`
	Minimum              *float64   `json:"minimum,omitempty"`
	Maximum              *float64   `json:"maximum,omitempty"`
	ExclusiveMinimum     *float64   `json:"exclusiveMinimum,omitempty"`
	ExclusiveMaximum     *float64   `json:"exclusiveMaximum,omitempty"`
	MinItems             int        `json:"minItems,omitempty"`
	MaxItems             int        `json:"maxItems,omitempty"`
	Items                *Schema    `json:"items,omitempty"`
	MinProperties        int        `json:"minProperties,omitempty"`
	Required             []string   `json:"required,omitempty"`
	Properties           Properties `json:"properties,omitempty"`
	PropertyNames        *Schema    `json:"propertyNames,omitempty"`
	AdditionalProperties *Schema    `json:"additionalProperties,omitempty"`
	If                   *Schema    `json:"if,omitempty"`
	Then                 *Schema    `json:"then,omitempty"`
	Not                  *Schema    `json:"not,omitempty"`
	AllOf                []*Schema  `json:"allOf,omitempty"`
	AnyOf                []*Schema  `json:"anyOf,omitempty"`
	ErrorMessage         string     `json:"errorMessage,omitempty"`
	EnumDocs             []string   `json:"markdownEnumDescriptions,omitempty"`
	Defs                 Properties `json:"$defs,omitempty"`

	// def is what Ref refers to.
	def func() *Schema
	// never is the schema that nothing fits.
	never bool
}

// Types are the JSON types of a value; a single one stands alone.
type Types []string

// MarshalJSON implements json.Marshaler.
func (t Types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// Property is the schema of one key.
type Property struct {
	Name   string
	Schema *Schema
}

// Properties are the schemas of keys, in the order in which a reader of the
// schema sees them.
type Properties []Property

// MarshalJSON implements json.Marshaler.
func (p Properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, one := range p {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(one.Name)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		if err := encode(&b, one.Schema, ""); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// MarshalJSON implements json.Marshaler.
func (s *Schema) MarshalJSON() ([]byte, error) {
	if s.never {
		return []byte("false"), nil
	}
	type plain Schema
	var b bytes.Buffer
	err := encode(&b, (*plain)(s), "")
	return bytes.TrimSpace(b.Bytes()), err
}

// encode writes JSON without the escapes that only HTML needs.
func encode(w io.Writer, v any, indent string) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	return e.Encode(v)
}

// Write writes the schema as JSON.
func (s *Schema) Write(w io.Writer) error { return encode(w, s, "  ") }

// Document returns the schema of a whole file of a format, with what it refers
// to. id is its address.
func Document(id, title string, v Value) *Schema {
	s := *v.Schema()
	s.Dialect, s.ID, s.Title = "https://json-schema.org/draft/2020-12/schema", id, title
	s.define(&s)
	slices.SortFunc(s.Defs, func(a, b Property) int { return strings.Compare(a.Name, b.Name) })
	return &s
}

// define adds the definitions that part refers to, and those that they do.
func (s *Schema) define(part *Schema) {
	if part.def != nil {
		name := part.Ref[len(defs):]
		if !slices.ContainsFunc(s.Defs, func(p Property) bool { return p.Name == name }) {
			def := part.def()
			s.Defs = append(s.Defs, Property{name, def})
			s.define(def)
		}
	}
	for _, below := range part.parts() {
		s.define(below)
	}
}

// parts returns the schemas within s, but for its definitions.
func (s *Schema) parts() []*Schema {
	all := slices.Concat(s.AllOf, s.AnyOf)
	for _, one := range []*Schema{s.Items, s.PropertyNames, s.AdditionalProperties, s.If, s.Then, s.Not} {
		if one != nil {
			all = append(all, one)
		}
	}
	for _, p := range s.Properties {
		all = append(all, p.Schema)
	}
	return all
}
