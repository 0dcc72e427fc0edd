package profile

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"sort"
	"strings"
	"sync"

	"github.com/rs/zerolog"
)

// hidden stands where a secret was.
const hidden = "[secret]"

// shortest is the length below which a value is too common to be replaced.
const shortest = 4

// redactor takes secrets out of texts.
type redactor struct {
	mu     sync.Mutex
	values []string
}

// add makes a value a secret, also in the forms in which requests carry it.
func (r *redactor) add(value string) {
	if len(value) < shortest {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.values = append(r.values, value, base64.StdEncoding.EncodeToString([]byte(value)), url.QueryEscape(value))
	sort.Slice(r.values, func(i, j int) bool { return len(r.values[i]) > len(r.values[j]) })
}

func (r *redactor) text(s string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range r.values {
		s = strings.ReplaceAll(s, v, hidden)
	}
	return s
}

// err returns err with the same chain and a text without secrets.
func (r *redactor) err(err error) error {
	if err == nil || r.text(err.Error()) == err.Error() {
		return err
	}
	return redacted{err, r.text(err.Error())}
}

type redacted struct {
	error

	text string
}

// Error implements error.
func (e redacted) Error() string { return e.text }

// Unwrap returns the error whose text has secrets: for errors.Is.
func (e redacted) Unwrap() error { return e.error }

// logger returns a logger whose lines reach log without secrets.
func (r *redactor) logger(log zerolog.Logger) zerolog.Logger {
	return zerolog.New(lines{r, log})
}

// lines takes the lines that prober.Proc logs.
type lines struct {
	hide *redactor
	log  zerolog.Logger
}

// Write implements io.Writer.
func (l lines) Write(b []byte) (int, error) {
	var line struct{ Process, Output, Message string }
	if err := json.Unmarshal(b, &line); err != nil {
		return 0, errors.New("not a log line")
	}
	l.log.Info().Str("process", line.Process).Str("output", line.Output).Msg(l.hide.text(line.Message))
	return len(b), nil
}
