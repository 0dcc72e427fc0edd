package canary

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// ReadIncidents returns the incidents of a state file, the newest first. A
// prober that runs has the file to itself: FetchIncidents asks that.
func ReadIncidents(file string) ([]*Incident, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, err
	}
	db, err := bbolt.Open(file, 0o600, &bbolt.Options{ReadOnly: true, Timeout: leasePatience})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, fmt.Errorf("%s: a prober is using it: ask that by --url", file)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var all []*Incident
	err = db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(bucketIncidents)
		if b == nil {
			return errors.New("it is no state of a prober")
		}
		return b.ForEach(func(_, v []byte) error {
			var i Incident
			all = append([]*Incident{&i}, all...)
			return json.Unmarshal(v, &i)
		})
	})
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return all, nil
}

// FetchIncidents asks the admin listener of a prober for its incidents, the
// newest first.
func FetchIncidents(ctx context.Context, base, token string) ([]*Incident, error) {
	address, err := url.JoinPath(base, "v1", "incidents")
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("incidents: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("incidents: it answered %s", resp.Status)
	}
	var out struct {
		Incidents []*Incident `json:"incidents"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return nil, fmt.Errorf("incidents: %w", err)
	}
	return out.Incidents, nil
}

// WriteJSON writes an incident as JSON, times in UTC and delays in
// nanoseconds.
func (i *Incident) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		SchemaVersion int `json:"schema_version"`
		*Incident
	}{1, i})
}

// WriteMarkdown writes an incident in the form of a postmortem's impact
// section.
func (i *Incident) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: webhook delivery in %s\n\n## Impact\n\n", i.ID, strings.Join(impacted(i), ", "))
	i.sums(&b)
	b.WriteString("\n| region | began | detected | recovered | in trouble | delayed | longest delay | lost | duplicated | publishes failed |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	for _, m := range i.Impacts {
		down := "goes on"
		if d, over := m.ToRecover(); over {
			down = span(d)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %d | %s | %d | %d | %d |\n", m.Region, clock(m.Began), detected(m),
			or(clock(m.Recovered), m.Recovered), down, m.Delayed, span(m.Longest), m.Lost, m.Duplicated, m.PublishFailed)
	}
	b.WriteString("\n## Causes\n\n")
	for _, m := range i.Impacts {
		fmt.Fprintf(&b, "- **%s**: %s\n", m.Region, m.Diagnosis)
		for _, c := range m.Causes {
			fmt.Fprintf(&b, "  - %v: %d looks, %s to %s\n", c.Trouble, c.Count, clock(c.First), clock(c.Last))
		}
	}
	b.WriteString("\n## Timeline (UTC)\n\n")
	for _, e := range i.Entries {
		phase := ""
		if e.Phase != "" {
			phase = "**" + string(e.Phase) + "**: "
		}
		fmt.Fprintf(&b, "- %s %s%s\n", clock(e.At), phase, e.Text)
	}
	if i.Unlisted > 0 {
		fmt.Fprintf(&b, "- and %d more\n", i.Unlisted)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sums says the whole in a few sentences.
func (i *Incident) sums(b *strings.Builder) {
	var delayed, lost, duplicated int
	var longest time.Duration
	for _, m := range i.Impacts {
		delayed, lost, duplicated = delayed+m.Delayed, lost+m.Lost, duplicated+m.Duplicated
		longest = max(longest, m.Longest)
	}
	fmt.Fprintf(b, "Began %s UTC, ", i.Began.UTC().Format("2006-01-02 15:04:05"))
	if i.Phase == Resolved {
		fmt.Fprintf(b, "resolved %s: %s in all. ", clock(i.Resolved), span(i.Resolved.Sub(i.Began)))
	} else {
		fmt.Fprintf(b, "now %s. ", i.Phase)
	}
	fmt.Fprintf(b, "Of the canaries, %d were delayed, the longest by %s; %d were lost; %d came twice.\n", delayed, span(longest), lost, duplicated)
}

// detected is when a trouble was certain, and how long that took.
func detected(m *Impact) string {
	s := clock(m.Detected)
	evidence, most := m.ToDetect()
	if most > 0 {
		return fmt.Sprintf("%s (at most %s)", s, span(most))
	}
	return fmt.Sprintf("%s (%s)", s, span(evidence))
}

func or(s string, t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return s
}

func span(d time.Duration) string {
	s := d.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	return strings.Replace(s, "h0m", "h", 1)
}
