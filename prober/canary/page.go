package canary

import (
	"embed"
	"html/template"
	"net/http"
	"time"
)

//go:embed page.html
var pageFile embed.FS

// pageData is what the status page shows.
type pageData struct {
	Snapshot
	StoppedBy, Standby string
	ReloadError        string
	Sender, Env        string
	Window             time.Duration
	Rows               []pageRow
}

type pageRow struct {
	RegionState
	Verdict, Reason string
}

// page is the status page. It is one document without script, style from
// elsewhere or any request of its own, so that it works in a text browser and
// in an outage.
func (p *Prober) page(w http.ResponseWriter, _ *http.Request) {
	d := pageData{Snapshot: p.Snapshot(), StoppedBy: p.guard.whyStopped()}
	p.mu.Lock()
	d.Sender, d.Env, d.Window = p.c.Sender, p.c.Env, p.c.Gate.Window
	if p.standby {
		d.Standby = "another prober has the state; this one stands by"
	}
	if p.reloadErr != nil {
		d.ReloadError = p.reloadErr.Error()
	}
	p.mu.Unlock()
	for _, r := range d.Regions {
		a := p.Judge(Question{Name: r.Region})
		row := pageRow{RegionState: r, Verdict: word(a.Verdict)}
		if len(a.Reasons) > 0 {
			row.Reason = a.Reasons[0]
		}
		d.Rows = append(d.Rows, row)
	}
	if len(d.Closed) > 10 {
		d.Closed = d.Closed[:10]
	}
	t, err := template.New("page.html").Funcs(template.FuncMap{
		"when": stamp,
		"span": func(d time.Duration) string { return d.Round(time.Second).String() },
		"age": func(t time.Time) string {
			if t.IsZero() {
				return "never"
			}
			return max(d.At.Sub(t), 0).Round(time.Second).String() + " ago"
		},
	}).ParseFS(pageFile, "page.html")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	h.Set("Refresh", "30")
	if err := t.Execute(w, d); err != nil {
		p.o.Log.Debug().Err(err).Msg("write the status page")
	}
}

// stamp writes an instant for a reader; "-" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
