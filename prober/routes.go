package prober

import (
	"net/http"
	"net/url"
	"path"
	"strconv"

	"github.com/gorilla/mux"
)

// trapPrefix is the path under which requests that followed a redirect are
// recorded. It is chaos.TrapPrefix, which this package must not import.
const trapPrefix = "/trap"

// trapAnswer is chaos.TrapAnswer.
const trapAnswer = "answer"

// maxPath is how many bytes of an unknown path a note quotes.
const maxPath = 80

const (
	hooksPrefix = "/hooks/"
	routeHooks  = "hooks"
	routeTrap   = "trap"
	varEndpoint = "endpoint"
)

// newRoutes makes the router: one route for all endpoints, however many.
func newRoutes() *mux.Router {
	r := mux.NewRouter()
	r.Path(hooksPrefix + "{" + varEndpoint + "}").Name(routeHooks)
	r.PathPrefix(trapPrefix).Name(routeTrap)
	return r
}

// handle serves one request.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	x := s.exchanges.Get().(*exchange)
	x.begin(r.Context().Value(connKey{}).(*serverConn), w, r)
	defer x.end()
	switch i, route := s.route(x.conn, r); route {
	case routeHooks:
		x.attempt(i)
	case routeTrap:
		x.trapped(i)
	default:
		s.note("request to " + strconv.Quote(clip(r.URL.Path, maxPath)) + ", where there is no endpoint, was answered 404")
		x.answer.WriteHeader(http.StatusNotFound)
	}
}

// route finds the endpoint that a request is for, and by which route; the
// route is empty where there is none. A connection remembers the last path:
// most senders keep one for each endpoint, and the router works by regular
// expressions. It is asked what matches and does not serve itself, which
// would copy the request twice for its context.
func (s *Server) route(c *serverConn, r *http.Request) (endpoint uint32, route string) {
	if c.path != "" && r.URL.Path == c.path {
		return c.endpoint, routeHooks
	}
	var match mux.RouteMatch
	if !s.routes.Match(r, &match) {
		return 0, ""
	}
	known := false
	switch route = match.Route.GetName(); route {
	case routeHooks:
		if endpoint, known = s.byName[match.Vars[varEndpoint]]; known {
			c.path, c.endpoint = r.URL.Path, endpoint
		}
	case routeTrap:
		endpoint, known = s.trapOf(c, r)
	}
	if !known {
		return 0, ""
	}
	return endpoint, route
}

// trapOf finds out from which endpoint a request was led to the trap: the
// path may name it, and clients that follow a redirect say where they were.
func (s *Server) trapOf(c *serverConn, r *http.Request) (uint32, bool) {
	if i, known := s.byName[path.Base(r.URL.Path)]; known {
		return i, true
	}
	if from, err := url.Parse(r.Referer()); err == nil {
		if i, known := s.byName[path.Base(from.Path)]; known {
			return i, true
		}
	}
	return c.only - 1, c.only != 0
}

// trapStatus returns what the trap answers. The query may be anybody's.
func trapStatus(r *http.Request) int {
	status, err := strconv.Atoi(r.URL.Query().Get(trapAnswer))
	if err != nil || status < 200 || status > 599 {
		return http.StatusOK
	}
	return status
}

// clip bounds what a stranger can make us write down.
func clip(s string, most int) string {
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
