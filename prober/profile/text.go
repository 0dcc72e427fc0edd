package profile

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"time"

	"github.com/hookdrill/hookdrill/prober/strict"
)

// Text is a template of a profile.
type Text struct {
	strict.Pos

	source string
	tmpl   *template.Template
	what   string
}

// render fills the template in.
func (t Text) render(d any) (string, error) {
	if t.tmpl == nil {
		return t.source, nil
	}
	var b bytes.Buffer
	if err := t.tmpl.Execute(&b, d); err != nil {
		return "", fmt.Errorf("%s: %s", t.what, templateError(err))
	}
	return b.String(), nil
}

var (
	templateNoise = regexp.MustCompile(`^template: [^ ]* (?:executing "" at )?`)
	noField       = regexp.MustCompile(`can't evaluate field (\w+) in type \S+$`)
	noEntry       = regexp.MustCompile(`map has no entry for key "(.*)"$`)
)

// templateError takes out what a reader of the profile cannot know: the name
// of the template, which is empty, and our types.
func templateError(err error) string {
	text := templateNoise.ReplaceAllString(err.Error(), "")
	text = noField.ReplaceAllString(text, "there is no $1")
	return noEntry.ReplaceAllString(text, "there is no $1")
}

var slugs = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// funcs are the functions of templates, beside those of text/template.
func funcs() template.FuncMap {
	return template.FuncMap{
		// json writes a value as JSON: a text with its quotes.
		"json": func(v any) (string, error) {
			b, err := json.Marshal(v)
			return string(b), err
		},
		"base64": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		// sha256 is the sum in lower-case hexadecimal.
		"sha256": func(s string) string {
			sum := sha256.Sum256([]byte(s))
			return hex.EncodeToString(sum[:])
		},
		// slug replaces all but letters, digits, hyphens, dots and underscores.
		"slug": func(s string) string { return slugs.ReplaceAllString(s, "-") },
		"join": func(sep string, list []string) string { return strings.Join(list, sep) },
		// now is the present as RFC 3339 writes it.
		"now": func() string { return time.Now().UTC().Format(time.RFC3339Nano) },
	}
}
