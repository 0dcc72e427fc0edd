package dependency

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// poll is how long to wait between two looks at one that starts.
	poll = 20 * time.Millisecond
	// probeLimit bounds one look.
	probeLimit = 2 * time.Second
	// tries is how often other ports are taken: a port that was free may be
	// somebody else's by the time it is listened on.
	tries = 3
)

// server is a dependency that was started here.
type server struct {
	site

	spec     Spec
	kind     Kind
	cred     *syscall.Credential
	children []*child
}

func startServer(ctx context.Context, spec Spec, k Kind) (*server, error) {
	bin, err := findBinaries(k)
	if err != nil {
		return nil, err
	}
	for n := 1; ; n++ {
		s, err := newServer(ctx, spec, k, bin)
		if err == nil || ctx.Err() != nil || n == tries || !errors.Is(err, errEnded) {
			return s, err
		}
	}
}

func findBinaries(k Kind) (map[string]string, error) {
	found := map[string]string{}
	for _, name := range k.binaries {
		for _, place := range k.places {
			paths, _ := filepath.Glob(filepath.Join(place, name)) // the patterns are ours
			if len(paths) > 0 {
				found[name] = paths[len(paths)-1]
			}
		}
		if found[name] == "" {
			path, err := exec.LookPath(name)
			if err != nil {
				return nil, fmt.Errorf("no %s on PATH (Debian package %s): %w", name, k.Debian, ErrMissing)
			}
			found[name] = path
		}
	}
	return found, nil
}

// newServer lays out files and starts all. Nothing is left after an error.
func newServer(ctx context.Context, spec Spec, k Kind, bin map[string]string) (_ *server, err error) {
	ports, err := freePorts(1 + k.ports)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "hookdrill-"+k.Name+"-")
	if err != nil {
		return nil, err
	}
	s := &server{spec: spec, kind: k, site: site{dir: dir, ports: ports, bin: bin}}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if err := s.hand(k.user); err != nil {
		return nil, err
	}
	if k.prepare != nil {
		for _, c := range k.prepare(s.site) {
			if err := s.runOnce(ctx, c); err != nil {
				return nil, err
			}
		}
	}
	return s, s.start(ctx)
}

// hand gives the directory to the user that root has to hide behind.
func (s *server) hand(name string) error {
	if name == "" || os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return err
	}
	s.cred = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(s.dir, int(uid), int(gid))
}

func (s *server) addr() string { return net.JoinHostPort("127.0.0.1", s.port()) }

func (s *server) runOnce(ctx context.Context, c command) error {
	ch, err := startChild(s, c)
	if err != nil {
		return err
	}
	select {
	case <-ch.exited:
	case <-ctx.Done():
		ch.kill()
		return fmt.Errorf("%s: %w%s", ch.name, context.Cause(ctx), ch.story())
	}
	if !ch.cmd.ProcessState.Success() {
		return fmt.Errorf("%s: %s%s", ch.name, ch.cmd.ProcessState, ch.story())
	}
	return nil
}

// start starts the processes and waits until the last of them answers.
func (s *server) start(ctx context.Context) error {
	for _, c := range s.kind.run(s.site) {
		ch, err := startChild(s, c)
		if err != nil {
			s.killAll()
			return err
		}
		s.children = append(s.children, ch)
	}
	main := s.children[len(s.children)-1]
	if err := answers(ctx, s.addr(), s.kind.probe, main.exited); err != nil {
		s.killAll()
		return fmt.Errorf("%s did not become ready: %w%s", main.name, err, main.story())
	}
	return nil
}

func (s *server) killAll() {
	for _, c := range s.children {
		c.kill()
	}
	s.children = nil
}

// stop asks the processes to end, the dependency itself first, and kills them
// when ctx ends.
func (s *server) stop(ctx context.Context) error {
	var errs []error
	for _, c := range slices.Backward(s.children) {
		errs = append(errs, c.stop(ctx, s.kind.quit))
	}
	s.children = nil
	return errors.Join(errs...)
}

// errEnded says that a process ended before it answered.
var errEnded = errors.New("it ended")

// answers waits until probe is content with what answers at addr.
func answers(ctx context.Context, addr string, probe func(net.Conn) error, exited <-chan struct{}) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	var why error
	for {
		err := look(ctx, addr, probe)
		if err == nil {
			return nil
		}
		if why == nil || ctx.Err() == nil && !timedOut(err) {
			why = err // a look that ctx has ended says nothing
		}
		select {
		case <-tick.C:
		case <-exited:
			return errEnded
		case <-ctx.Done():
			return fmt.Errorf("%w: %s: %w", context.Cause(ctx), addr, why)
		}
	}
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func look(ctx context.Context, addr string, probe func(net.Conn) error) error {
	d := net.Dialer{Timeout: probeLimit}
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // it was only asked
	if err := c.SetDeadline(time.Now().Add(probeLimit)); err != nil {
		return err
	}
	return probe(c)
}

// freePorts returns ports that nobody listens on, all at one time.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }()
		ports = append(ports, portOf(l.Addr().String()))
	}
	return ports, nil
}

// withEnv returns our environment with changes. What configures clients of
// databases here must not reach a server that is to be like any other.
func withEnv(changes []string) []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "PG") && !strings.HasPrefix(e, "RABBITMQ_") {
			env = append(env, e)
		}
	}
	return append(env, changes...)
}
