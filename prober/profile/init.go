package profile

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/hookdrill/hookdrill/prober/dependency"
	"github.com/hookdrill/hookdrill/prober/strict"
)

//go:embed init.tmpl
var initText string

// Answers are what a starting profile is made from.
type Answers struct {
	// Name and Title are the sender's.
	Name, Title string
	// Command starts it; empty: it runs elsewhere.
	Command []string
	// URL is the base of its API. Texts here may be templates.
	URL string
	// AllowHosts are hosts beyond loopback.
	AllowHosts []string
	// Needs are kinds of dependencies.
	Needs []string
	// Ready is a URL that answers when it is ready; empty: its port is asked.
	Ready string
	// How to subscribe and to publish.
	SubscribeURL, SubscribeBody, PublishURL, PublishBody string
	// Scheme signs attempts; empty: none does.
	Scheme string
	// Retry and Timeout are its schedule and its timeout.
	Retry   []time.Duration
	Timeout time.Duration
	// Durability is memory or disk.
	Durability string
}

// Question asks for one of Answers, on a terminal or by a flag.
type Question struct {
	// Flag is its name on a command line, and Ask the question.
	Flag, Ask string
	// Default is the answer of one who only presses return.
	Default string
	set     func(a *Answers, answer string) error
}

// Set takes an answer; the empty one is the default.
func (q Question) Set(a *Answers, answer string) error {
	if answer = strings.TrimSpace(answer); answer == "" {
		answer = q.Default
	}
	if err := q.set(a, answer); err != nil {
		return fmt.Errorf("%s: %w", q.Flag, err)
	}
	return nil
}

// Questions returns what a starting profile needs to know, in the order in
// which to ask. schemes are those that there are for signatures.
func Questions(schemes []string) []Question {
	text := func(dst func(*Answers) *string) func(*Answers, string) error {
		return func(a *Answers, s string) error {
			*dst(a) = s
			return nil
		}
	}
	words := func(dst func(*Answers) *[]string) func(*Answers, string) error {
		return func(a *Answers, s string) error {
			*dst(a) = strings.Fields(s)
			return nil
		}
	}
	return []Question{
		{"name", "What is the sender called?", "my-sender", func(a *Answers, s string) error {
			a.Name, a.Title = s, s
			return nil
		}},
		{"command", "Which command starts it? ({{.Port.api}} is a free port; empty: it runs elsewhere)", "",
			words(func(a *Answers) *[]string { return &a.Command })},
		{"url", "What is the base URL of its API?", "http://127.0.0.1:{{.Port.api}}", setURL},
		{"allow-hosts", "Which hosts beyond loopback may be talked to?", "", words(func(a *Answers) *[]string { return &a.AllowHosts })},
		{"needs", "Which of nats, postgres, rabbitmq and redis does it need?", "", setNeeds},
		{"ready", "Which URL answers when it is ready? (empty: its port is asked)", "", text(func(a *Answers) *string { return &a.Ready })},
		{"subscribe", "Where are endpoints created? (path, by POST)", "/endpoints", text(func(a *Answers) *string { return &a.SubscribeURL })},
		{"subscribe-body", "With which body?", `{"url": {{json .Endpoint.URL}}, "secret": {{json .Endpoint.Secret}}, "topics": {{json .Endpoint.Topics}}}`,
			text(func(a *Answers) *string { return &a.SubscribeBody })},
		{"publish", "Where are events published? (path, by POST)", "/events", text(func(a *Answers) *string { return &a.PublishURL })},
		{"publish-body", "With which body?", `{"id": {{json .Event.ID}}, "topic": {{json .Event.Topic}}, "type": {{json .Event.Type}}, "payload": {{.Event.Body}}}`,
			text(func(a *Answers) *string { return &a.PublishBody })},
		{"scheme", "Which scheme signs attempts, if any? (" + strings.Join(schemes, ", ") + ")", "", oneOf(schemes)},
		{"retry", "What are the delays before attempts 2, 3, ...?", "5s 5m 30m 2h", setRetry},
		{"timeout", "After how long does it give an attempt up?", "15s", setTimeout},
		{"durability", "Do accepted events survive a kill: disk or memory?", "disk", setDurability},
	}
}

// actions are the templates in a text.
var actions = regexp.MustCompile(`\{\{.*?\}\}`)

// oneOf takes a scheme; none is one, too.
func oneOf(schemes []string) func(*Answers, string) error {
	return func(a *Answers, s string) error {
		if s != "" && !slices.Contains(schemes, s) {
			return fmt.Errorf("there is no scheme %q%s", s, strict.DidYouMean(s, schemes))
		}
		a.Scheme = s
		return nil
	}
}

func setURL(a *Answers, s string) error {
	if _, err := url.Parse(actions.ReplaceAllString(s, "1")); err != nil {
		return err
	}
	a.URL = strings.TrimSuffix(s, "/")
	return nil
}

func setNeeds(a *Answers, s string) error {
	a.Needs = strings.Fields(strings.ReplaceAll(s, ",", " "))
	for _, kind := range a.Needs {
		if _, found := dependency.KindByName(kind); !found {
			return fmt.Errorf("%q is no kind of dependency", kind)
		}
	}
	return nil
}

func setRetry(a *Answers, s string) error {
	a.Retry = nil
	for word := range strings.FieldsSeq(strings.ReplaceAll(s, ",", " ")) {
		d, err := time.ParseDuration(word)
		if err != nil || d < 0 {
			return fmt.Errorf("%q is no duration such as 30s", word)
		}
		a.Retry = append(a.Retry, d)
	}
	return nil
}

func setTimeout(a *Answers, s string) (err error) {
	a.Timeout, err = time.ParseDuration(s)
	return err
}

func setDurability(a *Answers, s string) error {
	if !slices.Contains([]string{"disk", "memory"}, s) {
		return fmt.Errorf("%q is neither disk nor memory", s)
	}
	a.Durability = s
	return nil
}

// Init writes a starting profile with comments. Paths are put behind the URL,
// and that of publish behind the gateway.
func Init(w io.Writer, a Answers) error {
	a.SubscribeURL = behind(a.URL, a.SubscribeURL)
	a.PublishURL = behind("{{.Gateway}}", a.PublishURL)
	if len(a.Command) == 0 && strings.Contains(a.URL, "{{.Port") {
		return fmt.Errorf("a sender that runs elsewhere needs a URL without %q", "{{.Port.api}}")
	}
	t, err := template.New("init").Funcs(template.FuncMap{"json": plainJSON, "upper": strings.ToUpper}).Parse(initText)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := t.Execute(&text, a); err != nil {
		return err
	}
	if _, err := Parse("profile", []byte(text.String())); err != nil {
		return fmt.Errorf("the answers do not make a profile: %w", err)
	}
	_, err = io.WriteString(w, text.String())
	return err
}

func behind(base, path string) string {
	if strings.Contains(path, "://") || strings.HasPrefix(path, "{{") {
		return path
	}
	return base + "/" + strings.TrimPrefix(path, "/")
}

// plainJSON writes a text as JSON, which YAML reads too, without the escapes
// that only HTML needs.
func plainJSON(s string) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(s)
	return strings.TrimSuffix(b.String(), "\n"), err
}
