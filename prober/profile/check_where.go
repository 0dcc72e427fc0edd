package profile

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// mostPlaces is how many places of a token are told.
const mostPlaces = 4

// placesOf says where in a request a text stands, in the words of a profile's
// identify section, so that a reader can write one.
func placesOf(h http.Header, path string, body []byte, text string) string {
	var all []string
	if strings.Contains(path, text) {
		all = append(all, "the path")
	}
	for _, name := range sortedKeys(h) {
		if slices.ContainsFunc(h[name], func(v string) bool { return strings.Contains(v, text) }) {
			all = append(all, "the header "+name)
		}
	}
	doc, err := decodeJSON(body)
	switch {
	case err == nil:
		all = append(all, inJSON(doc, "", text)...)
	case bytes.Contains(body, []byte(text)):
		all = append(all, "the body")
	}
	if more := len(all) - mostPlaces; more > 0 {
		all = append(all[:mostPlaces], fmt.Sprintf("%d places more", more))
	}
	return strings.Join(all, ", ")
}

// inJSON returns the paths of the texts that hold text, in the order of a
// reader.
func inJSON(v any, at, text string) []string {
	var all []string
	switch v := v.(type) {
	case string:
		if strings.Contains(v, text) {
			all = append(all, at)
		}
	case []any:
		for i, entry := range v {
			all = append(all, inJSON(entry, fmt.Sprintf("%s[%d]", at, i), text)...)
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			all = append(all, inJSON(v[key], strings.TrimPrefix(at+"."+key, "."), text)...)
		}
	}
	return all
}
