package dependency

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"syscall"
)

// Kind is a database or broker that can be started.
type Kind struct {
	// Name is what profiles say, and Doc what it is in a few words.
	Name, Doc string
	// Debian is the package it comes from.
	Debian string
	// binaries are names, looked for in the places and on PATH.
	binaries, places []string
	// ports is how many it needs besides its own.
	ports int
	// user is whom to run as when we are root; empty: as root.
	user string
	// quit asks it to end without waiting for its clients.
	quit syscall.Signal
	// prepare are commands that run once, before the first start.
	prepare func(s site) []command
	// run are the processes, the dependency itself last.
	run func(s site) []command
	// probe returns nil when what answers is ready for clients.
	probe func(c net.Conn) error
	url   func(addr string) string
}

// site is where one dependency lives.
type site struct {
	dir   string
	ports []int
	bin   map[string]string
}

func (s site) port() string { return strconv.Itoa(s.ports[0]) }

type command struct {
	argv, env []string
}

// Kinds returns all kinds, sorted by name.
func Kinds() []Kind { return []Kind{nats(), postgres(), rabbitmq(), redis()} }

// KindByName returns the kind of that name.
func KindByName(name string) (Kind, bool) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

func kindNames() []string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	return names
}

func redis() Kind {
	return Kind{
		Name: "redis", Doc: "Redis with an append-only file", Debian: "redis-server",
		binaries: []string{"redis-server"}, quit: syscall.SIGTERM,
		run: func(s site) []command {
			return []command{{argv: []string{s.bin["redis-server"], "--bind", "127.0.0.1", "--port", s.port(),
				"--dir", s.dir, "--appendonly", "yes", "--save", ""}}}
		},
		probe: func(c net.Conn) error {
			// A server that wants a password answers with an error: it is up.
			return converse(c, "PING\r\n", "+PONG", "-NOAUTH")
		},
		url: func(addr string) string { return "redis://" + addr + "/0" },
	}
}

func nats() Kind {
	return Kind{
		Name: "nats", Doc: "NATS with JetStream", Debian: "nats-server",
		binaries: []string{"nats-server"}, quit: syscall.SIGTERM,
		run: func(s site) []command {
			return []command{{argv: []string{s.bin["nats-server"], "-a", "127.0.0.1", "-p", s.port(), "-js", "-sd", s.dir}}}
		},
		probe: func(c net.Conn) error { return converse(c, "", "INFO ") },
		url:   func(addr string) string { return "nats://" + addr },
	}
}

func postgres() Kind {
	return Kind{
		Name: "postgres", Doc: "PostgreSQL, user hookdrill, database postgres", Debian: "postgresql",
		binaries: []string{"initdb", "postgres"}, places: []string{"/usr/lib/postgresql/*/bin"},
		// It refuses to run as root. SIGTERM would wait for the clients to go.
		user: "postgres", quit: syscall.SIGINT,
		prepare: func(s site) []command {
			return []command{{argv: []string{s.bin["initdb"], "-D", filepath.Join(s.dir, "data"),
				"-U", "hookdrill", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"}}}
		},
		run: func(s site) []command {
			// Without fsync a process that is killed loses nothing; only a
			// machine that fails would.
			return []command{{argv: []string{s.bin["postgres"], "-D", filepath.Join(s.dir, "data"), "-p", s.port(),
				"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"}}}
		},
		probe: probePostgres,
		url:   func(addr string) string { return "postgres://hookdrill@" + addr + "/postgres?sslmode=disable" },
	}
}

// probePostgres begins a session: while the server starts it takes
// connections but answers them with the error 57P03 ("cannot connect now").
func probePostgres(c net.Conn) error {
	params := "user\x00hookdrill\x00database\x00postgres\x00\x00"
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(params)))
	b = binary.BigEndian.AppendUint32(b, 3<<16)
	if _, err := c.Write(append(b, params...)); err != nil {
		return err
	}
	answer := make([]byte, 256)
	n, err := c.Read(answer)
	switch {
	case err != nil:
		return err
	case answer[0] == 'R', answer[0] == 'E' && !bytes.Contains(answer[:n], []byte("57P03")):
		return nil
	default:
		return fmt.Errorf("it answers %q", answer[:n])
	}
}

func rabbitmq() Kind {
	return Kind{
		Name: "rabbitmq", Doc: "RabbitMQ, user guest", Debian: "rabbitmq-server",
		binaries: []string{"rabbitmq-server", "epmd"},
		// Debian's command on PATH changes user and directory.
		places: []string{"/usr/lib/rabbitmq/bin"}, ports: 2, quit: syscall.SIGTERM,
		run: func(s site) []command {
			epmd := strconv.Itoa(s.ports[1])
			env := []string{"HOME=" + s.dir, "ERL_EPMD_PORT=" + epmd, "ERL_EPMD_ADDRESS=127.0.0.1",
				"RABBITMQ_NODENAME=hd" + s.port() + "@localhost", "RABBITMQ_NODE_PORT=" + s.port(),
				"RABBITMQ_NODE_IP_ADDRESS=127.0.0.1", "RABBITMQ_DIST_PORT=" + strconv.Itoa(s.ports[2]),
				"RABBITMQ_MNESIA_BASE=" + filepath.Join(s.dir, "data"), "RABBITMQ_LOG_BASE=" + filepath.Join(s.dir, "log"),
				"RABBITMQ_ENABLED_PLUGINS_FILE=" + filepath.Join(s.dir, "plugins"), "RABBITMQ_CONF_ENV_FILE=/dev/null",
				"RABBITMQ_CONFIG_FILE=" + filepath.Join(s.dir, "none"), "RABBITMQ_LOGS=-"}
			// Erlang's port mapper is started here: the one that RabbitMQ would
			// start lives on without it.
			return []command{
				{argv: []string{s.bin["epmd"], "-port", epmd, "-address", "127.0.0.1"}},
				{argv: []string{s.bin["rabbitmq-server"]}, env: env},
			}
		},
		probe: func(c net.Conn) error { return converse(c, "AMQP\x00\x00\x09\x01", "\x01\x00\x00") },
		url:   func(addr string) string { return "amqp://guest:guest@" + addr + "/" },
	}
}

// converse writes ask and wants to read one of the answers.
func converse(c net.Conn, ask string, answers ...string) error {
	if _, err := io.WriteString(c, ask); err != nil {
		return err
	}
	got := make([]byte, 64)
	n, err := c.Read(got)
	for _, want := range answers {
		if bytes.HasPrefix(got[:n], []byte(want)) {
			return nil
		}
	}
	if err == nil {
		err = errors.New("not ready")
	}
	return fmt.Errorf("it answers %q: %w", got[:n], err)
}
