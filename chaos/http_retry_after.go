package chaos

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// The forms of a Retry-After header, RFC 9110, section 10.2.3.
const (
	formSeconds = "seconds"
	formDate    = "date"
)

func retryAfterKind() Kind {
	return build(Kind{
		Name:   "retry-after",
		Layer:  LayerResponse,
		Doc:    "says that it is too busy, and when to come again",
		Expect: "makes the next attempt not before that time, as far as its declared cap; takes what cannot be read for no header at all",
		Params: []Param{
			{Name: "code", Type: TypeInt, Default: "429", Doc: "429 or 503"},
			{Name: "after", Type: TypeDuration, Default: "2m", Doc: "how long to stay away, at least 1s"},
			{Name: "form", Type: TypeString, Default: formSeconds, OneOf: []string{formSeconds, formDate}, Doc: "whether the header is a number of seconds or a date"},
			{Name: "value", Type: TypeString, Doc: "the header as it stands, such as garbage or a date long past, in place of after and form"},
		},
	}, newRetryAfter)
}

func newRetryAfter(v *values) (Fault, error) {
	code, after, form, value := v.int("code"), v.duration("after"), v.text("form"), v.text("value")
	switch {
	case code != http.StatusTooManyRequests && code != http.StatusServiceUnavailable:
		return Fault{}, fmt.Errorf("code %d: want 429 or 503", code)
	case v.has("value") && (v.has("after") || v.has("form")):
		return Fault{}, errors.New("value: goes without after and form")
	case v.has("value"):
		return statusKind().New(Args{"code": code, "headers": map[string]string{"Retry-After": value}})
	case after < time.Second:
		return Fault{}, fmt.Errorf("after %v: want at least 1s", after)
	}
	return Fault{RetryAfter: after, HTTP: func(r Request, _ http.Handler) http.Handler {
		if form == formSeconds {
			return answer{code: code, retryAfter: after}.handler(r)
		}
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			drain(req) // the date is that of the answer, not of the request's first byte
			headers := http.Header{"Retry-After": {inDate(time.Now(), after, r)}}
			answer{code: code, headers: headers}.handler(r).ServeHTTP(w, req)
		})
	}}, nil
}

// inDate writes a time in the way of Retry-After, as a date, rounded up.
func inDate(now time.Time, d time.Duration, r Request) string {
	at := now.Add(scaled(d, r) + time.Second - 1).Truncate(time.Second)
	return at.UTC().Format(http.TimeFormat)
}
