package profile

import (
	"net/http"
	"slices"

	"github.com/hookdrill/hookdrill/prober/event"
)

// Tokens calls yield for the tokens of a request that count by the profile,
// until it returns false. run is that of event.Scan. Without an identify
// section all tokens of the body and the headers count.
func (p *Profile) Tokens(h http.Header, body []byte, run string, yield func(event.Token) bool) {
	id := p.Identify
	if id == nil {
		more := true
		event.Scan(body, run, func(t event.Token) bool {
			more = yield(t)
			return more
		})
		for name := range h {
			if !more {
				return
			}
			more = scanHeader(h, name, run, yield)
		}
		return
	}
	if id.Header != "" && !scanHeader(h, id.Header, run, yield) {
		return
	}
	if id.JSON.IsZero() && len(id.Where) == 0 {
		return
	}
	doc, err := decodeJSON(body)
	if err != nil {
		return // what is no JSON has no token at a place in JSON
	}
	for _, entry := range id.Entries.find(doc) {
		if id.counts(entry) && !scanValues(id.JSON.find(entry), run, yield) {
			return
		}
	}
}

func scanHeader(h http.Header, name, run string, yield func(event.Token) bool) bool {
	more := true
	for _, v := range h.Values(name) {
		event.Scan([]byte(v), run, func(t event.Token) bool {
			more = yield(t)
			return more
		})
		if !more {
			break
		}
	}
	return more
}

func (id *Identify) counts(entry any) bool {
	for _, m := range id.Where {
		if !slices.ContainsFunc(m.Path.find(entry), func(v any) bool {
			text, ok := scalar(v)
			return ok && slices.Contains(m.Values, text)
		}) {
			return false
		}
	}
	return true
}

// scanValues looks into every text below the values.
func scanValues(values []any, run string, yield func(event.Token) bool) bool {
	for _, v := range values {
		more := true
		switch v := v.(type) {
		case string:
			event.Scan([]byte(v), run, func(t event.Token) bool {
				more = yield(t)
				return more
			})
		case []any:
			more = scanValues(v, run, yield)
		case map[string]any:
			for _, key := range sortedKeys(v) {
				if more = scanValues([]any{v[key]}, run, yield); !more {
					break
				}
			}
		}
		if !more {
			return false
		}
	}
	return true
}
