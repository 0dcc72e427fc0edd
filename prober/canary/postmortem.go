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

// impactReply is an Impact as WriteJSON writes it: with what follows from its
// times.
type impactReply struct {
	*Impact

	// AtMost is the time to detect from the last good look on; 0: not known.
	ToDetect  float64  `json:"time_to_detect_seconds"`
	AtMost    float64  `json:"time_to_detect_at_most_seconds,omitempty"`
	ToRecover *float64 `json:"time_to_recover_seconds"` // null: not yet
}

// WriteJSON writes an incident as JSON, times in UTC.
func (i *Incident) WriteJSON(w io.Writer) error {
	all := []impactReply{}
	for _, m := range i.Impacts {
		one := impactReply{Impact: m}
		evidence, most := m.ToDetect()
		one.ToDetect, one.AtMost = evidence.Seconds(), most.Seconds()
		if d, over := m.ToRecover(); over {
			one.ToRecover = new(d.Seconds())
		}
		all = append(all, one)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		SchemaVersion int `json:"schema_version"`
		*Incident
		Regions []impactReply `json:"regions"`
	}{1, i, all})
}
