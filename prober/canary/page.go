package canary

import (
	"embed"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/scenarios/verdict"
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
	// Troubled names the regions in trouble.
	Troubled string
}

type pageRow struct {
	RegionState
	// Reason is why the gate says something else than pass, as far as Seen does
	// not tell: a region that is well again fails for a while.
	Verdict, Seen, Reason string
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
	var troubled []string
	for _, r := range d.Regions {
		a := p.Judge(Question{Name: r.Region})
		row := pageRow{RegionState: r, Verdict: Word(a.Verdict), Seen: within(r.Region, r.Diagnosis.Sentence)}
		if a.Verdict != verdict.Pass && len(a.Reasons) > 0 {
			row.Reason = without(within(r.Region, a.Reasons[0]), row.Seen)
		}
		if !r.Trouble.IsZero() {
			troubled = append(troubled, r.Region)
		}
		d.Rows = append(d.Rows, row)
	}
	d.Troubled = strings.Join(troubled, ", ")
	if len(d.Closed) > 10 {
		d.Closed = d.Closed[:10]
	}
	t, err := template.New("page.html").Funcs(d.funcs()).ParseFS(pageFile, "page.html")
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

// funcs write times for somebody who reads the page at d.At: of today the time
// of day says it all.
func (d pageData) funcs() template.FuncMap {
	return template.FuncMap{
		"date": stamp, "span": span, "seen": within,
		"when": func(t time.Time) string {
			s := stamp(t)
			if today, found := strings.CutPrefix(s, stamp(d.At)[:len(time.DateOnly)]+" "); found {
				return today
			}
			return s
		},
		"age": func(t time.Time) string {
			if t.IsZero() {
				return "never"
			}
			return span(max(d.At.Sub(t), 0)) + " ago"
		},
	}
}

// within takes a region's name from the head of a sentence that stands in its
// row.
func within(region, sentence string) string {
	return strings.TrimPrefix(sentence, region+": ")
}

// without takes what stands beside it from a gate's reason.
func without(reason, seen string) string {
	if reason == seen {
		return ""
	}
	return strings.TrimSuffix(reason, "; "+seen)
}

// stamp writes an instant for a reader; "-" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
