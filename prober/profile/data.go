package profile

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"strconv"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
)

// data is what templates see. Maps, not fields, hold what a profile names: a
// name that is missing is an error of the template.
type data struct {
	// Dir is the sender's directory, Here that of the profile, Scale the time
	// scale.
	Dir, Here string
	Scale     float64
	// Port holds free ports, Need the dependencies, Secret the secrets, Speed
	// the settings for this scale, and Var what was captured.
	Port   map[string]string
	Need   map[string]needData
	Secret map[string]string
	Speed  map[string]string
	Var    map[string]string
	// Gateway is the URL of the proxy before the publish API.
	Gateway string
	// Remote is the base URL of a remote sender.
	Remote string
	// Subscriptions are those known now, for files.
	Subscriptions []endpointData
	// Endpoint and Topic are set in subscribe and signature, Event in publish
	// and status, Instance (from 1) in a command.
	Endpoint endpointData
	Topic    string
	Event    eventData
	Instance int
}

type needData struct{ Addr, Host, Port, URL string }

type endpointData struct {
	// Name and URL are the endpoint's; Topics are what it hears of.
	Name, URL string
	// Secret is the one hookdrill gives, in the whsec_ form.
	Secret string
	Topics []string
	Labels map[string]string
	// Var is what was captured when it was subscribed.
	Var map[string]string
}

type eventData struct {
	// ID is the token's text. Key is the ordering key and Seq the place in it.
	ID, Key string
	Seq     uint32
	// Topic says who is owed the event, Type is its event type.
	Topic, Type string
	// Body is the JSON payload as it must arrive.
	Body string
}

// with returns d with captured values beside those it has.
func (d data) with(vars map[string]string) data {
	all := maps.Clone(d.Var)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, vars)
	d.Var = all
	return d
}

func newNeed(addr, url string) needData {
	host, port, _ := net.SplitHostPort(addr) // addr is a listener's
	return needData{Addr: addr, Host: host, Port: port, URL: url}
}

func newEndpoint(s prober.Subscription, vars map[string]string) endpointData {
	return endpointData{Name: s.Endpoint, URL: s.URL, Secret: s.Secret, Topics: s.Topics, Labels: s.Labels, Var: vars}
}

func newEvent(e event.Event) eventData {
	return eventData{ID: e.ID(), Key: e.Key(), Seq: e.Token.Seq, Topic: e.Topic, Type: e.Type, Body: string(e.Body)}
}

// take captures values from an answer.
func take(captures []Capture, header func(string) string, body []byte) (map[string]string, error) {
	vars := map[string]string{}
	var doc any
	var errs []error
	for _, c := range captures {
		value, err := c.from(header, body, &doc)
		if err != nil && !c.Optional {
			errs = append(errs, fmt.Errorf("capture %s: %w", c.Name, err))
		}
		vars[c.Name] = value
	}
	return vars, errors.Join(errs...)
}

func (c Capture) from(header func(string) string, body []byte, doc *any) (string, error) {
	switch {
	case c.Header != "":
		if v := header(c.Header); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("the answer has no header %s", c.Header)
	case c.Pattern != nil:
		if m := c.Pattern.FindSubmatch(body); m != nil {
			return string(m[1]), nil
		}
		return "", fmt.Errorf("nothing matches %s", strconv.Quote(c.Pattern.String()))
	}
	if *doc == nil {
		var err error
		if *doc, err = decodeJSON(body); err != nil {
			return "", err
		}
	}
	for _, v := range c.JSON.find(*doc) {
		if s, ok := scalar(v); ok {
			return s, nil
		}
	}
	return "", fmt.Errorf("there is no text or number at %s", c.JSON)
}
