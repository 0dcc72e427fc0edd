package profile

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/hookdrill/hookdrill/prober"
)

// readyPoll is how long to wait between two looks at a process that starts.
const readyPoll = 20 * time.Millisecond

// group is the instances of one command.
type group struct {
	c Command
	// ports are those of each instance: the same in every life.
	ports []map[string]string

	mu sync.Mutex
	// procs are the instances that there are to be; nil: a verb has ended it.
	procs []*prober.Proc
	// died is told when one of procs has ended; nil: nobody is.
	died func()
}

// instances are those that no verb has ended.
func (g *group) instances() []*prober.Proc {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(g.procs), func(p *prober.Proc) bool { return p == nil })
}

func (g *group) set(procs []*prober.Proc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.procs = procs
}

// living says whether any instance runs.
func (g *group) living() bool { return slices.ContainsFunc(g.instances(), alive) }

func alive(p *prober.Proc) bool {
	select {
	case <-p.Exited():
		return false
	default:
		return true
	}
}

// start starts the instances and waits until all are ready. After an error
// none is left. The rig's mutex is held.
func (g *group) start(ctx context.Context, r *Rig, log zerolog.Logger) error {
	var procs []*prober.Proc
	for i := range g.c.Scale {
		p, err := launch(ctx, g.c, g.data(r, i), r, log)
		if err != nil {
			for _, p := range procs {
				err = errors.Join(err, p.Kill())
			}
			return err
		}
		procs = append(procs, p)
	}
	g.set(procs)
	for _, p := range procs {
		g.watch(r, p)
	}
	return nil
}

// data returns what templates of the i-th instance, from 0, see. The rig's
// mutex is held.
func (g *group) data(r *Rig, i int) data {
	d := r.data()
	d.Instance = i + 1
	for name, port := range g.ports[i] {
		d.Port = withPorts(d.Port, []string{name}, port)
	}
	return d
}

// watch tells of p's end, unless p is by then none of the group any more.
func (g *group) watch(r *Rig, p *prober.Proc) {
	r.wg.Go(func() {
		<-p.Exited()
		g.mu.Lock()
		died := g.died
		if !slices.Contains(g.procs, p) {
			died = nil
		}
		g.mu.Unlock()
		if died != nil {
			died()
		}
	})
}

func (g *group) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, g.c.Grace, fmt.Errorf("its grace of %v was over", g.c.Grace))
	defer cancel()
	var errs []error
	for _, p := range g.instances() {
		if err := p.Stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%w%s", err, story(p.LastLines())))
		}
	}
	return errors.Join(errs...)
}

// launch starts one process and waits until it is ready.
func launch(ctx context.Context, c Command, d data, r *Rig, log zerolog.Logger) (*prober.Proc, error) {
	cfg, err := config(c, d)
	if err != nil {
		return nil, err
	}
	cfg.Log = r.hide.logger(log)
	if re := c.Ready.Log; re != nil {
		cfg.Ready = func(_ prober.Output, line string) bool { return re.MatchString(line) }
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.Ready.Within, fmt.Errorf("%v were over", c.Ready.Within))
	defer cancel()
	p, err := prober.StartProc(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := awaitReady(ctx, c.Ready, d, p, r.client); err != nil {
		err = fmt.Errorf("%s did not become ready: %w", c.Name, err)
		return nil, errors.Join(fmt.Errorf("%w%s", err, story(p.LastLines())), p.Kill())
	}
	return p, nil
}

func config(c Command, d data) (prober.ProcConfig, error) {
	cfg := prober.ProcConfig{Name: c.Name, Dir: d.Dir, Env: os.Environ()}
	for _, t := range c.Run {
		arg, err := t.render(d)
		if err != nil {
			return cfg, err
		}
		cfg.Argv = append(cfg.Argv, arg)
	}
	for _, e := range c.Env {
		value, err := e.Value.render(d)
		if err != nil {
			return cfg, err
		}
		cfg.Env = append(cfg.Env, e.Name+"="+value)
	}
	return cfg, nil
}

// awaitReady asks by HTTP and TCP until both are content.
func awaitReady(ctx context.Context, ready Ready, d data, p *prober.Proc, client *http.Client) error {
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	var why error
	for {
		err := ask(ctx, ready, d, client)
		// An answer may come from somebody else who has taken the port.
		select {
		case <-p.Exited():
			return errors.New(p.ExitReason())
		default:
		}
		if err == nil {
			return nil
		}
		if why == nil || ctx.Err() == nil && !timedOut(err) {
			why = err // a look that ctx has ended says nothing
		}
		select {
		case <-tick.C:
		case <-p.Exited():
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), why)
		}
	}
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func ask(ctx context.Context, ready Ready, d data, client *http.Client) error {
	if ready.TCP != nil {
		addr, err := ready.TCP.render(d)
		if err != nil {
			return err
		}
		var dialer net.Dialer
		c, err := dialer.DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		if err := c.Close(); err != nil {
			return err
		}
	}
	if ready.HTTP == nil {
		return nil
	}
	url, err := ready.HTTP.render(d)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // only its status is asked for
	if resp.StatusCode >= 400 {
		return fmt.Errorf("GET %s answered %d", url, resp.StatusCode)
	}
	return nil
}

// runOnce runs a command to its end and captures from what it prints.
func runOnce(ctx context.Context, c Command, d data, r *Rig, log zerolog.Logger) (map[string]string, error) {
	cfg, err := config(c, d)
	if err != nil {
		return nil, err
	}
	cfg.Log = r.hide.logger(log)
	ctx, cancel := context.WithTimeoutCause(ctx, c.Ready.Within, fmt.Errorf("%v were over", c.Ready.Within))
	defer cancel()
	p, err := prober.StartProc(ctx, cfg)
	if err != nil {
		return nil, err
	}
	select {
	case <-p.Exited():
	case <-ctx.Done():
		err := fmt.Errorf("%s did not end: %w%s", c.Name, context.Cause(ctx), story(p.LastLines()))
		return nil, errors.Join(err, p.Kill())
	}
	if reason := p.ExitReason(); reason != "exit status 0" {
		return nil, fmt.Errorf("%s: %s%s", c.Name, reason, story(p.LastLines()))
	}
	printed := strings.Join(p.LastLines(), "\n")
	vars, err := take(c.Capture, func(string) string { return "" }, []byte(printed))
	for _, x := range c.Capture {
		if x.Secret {
			r.hide.add(vars[x.Name])
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w%s", c.Name, err, story(p.LastLines()))
	}
	return vars, nil
}

// story renders last lines for the end of an error.
func story(lines []string) string {
	if len(lines) == 0 {
		return "; it printed nothing"
	}
	return "; its last lines:\n  " + strings.Join(lines, "\n  ")
}

// writeFiles writes the named file, or all without a name.
func (r *Rig) writeFiles(name string) error {
	d := r.data()
	for _, f := range r.p.Files {
		if name != "" && f.Name != name {
			continue
		}
		text, err := f.Body.render(d)
		if err != nil {
			return err
		}
		path := filepath.Join(r.dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}
