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

// handle serves one request. It asks the router which route matches rather
// than letting it serve: that would copy the request twice for its context.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	x := s.exchanges.Get().(*exchange)
	x.begin(r.Context().Value(connKey{}).(*serverConn), w, r)
	defer x.end()
	var match mux.RouteMatch
	if s.routes.Match(r, &match) {
		switch match.Route.GetName() {
		case routeHooks:
			if i, known := s.byName[match.Vars[varEndpoint]]; known {
				x.attempt(i)
				return
			}
		case routeTrap:
			if i, known := s.trapOf(x.conn, r); known {
				x.trapped(i)
				return
			}
		}
	}
	s.note("request to " + strconv.Quote(clip(r.URL.Path, maxPath)) + ", where there is no endpoint, was answered 404")
	x.answer.WriteHeader(http.StatusNotFound)
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

// clip bounds what a stranger can make us write down.
func clip(s string, most int) string {
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
