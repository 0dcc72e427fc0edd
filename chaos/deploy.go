package chaos

import (
	"fmt"
	"net/http"
)

// The strategies of a deploy.
const (
	strategyRolling   = "rolling"
	strategyRecreate  = "recreate"
	strategyBlueGreen = "blue-green"
)

// mostReplicas bounds a deploy: each request walks over all of them.
const mostReplicas = 100

func deployKind() Kind {
	return build(Kind{
		Name:  "deploy",
		Layer: LayerResponse,
		Doc:   "updates the service behind the endpoint, replica by replica behind a gateway; 404, 502 and 503 come out of what goes wrong with it",
		Expect: "takes 404, 502 and 503 for failures that pass and tries again on the declared schedule; disables no endpoint; delivers everything " +
			"once replicas are ready again, without a flood",
		Params: []Param{
			{Name: "strategy", Type: TypeString, Default: strategyRolling, OneOf: []string{strategyRolling, strategyRecreate, strategyBlueGreen},
				Doc: "one replica after the other; all at once, old ones first; or all at once, new ones first"},
			{Name: "replicas", Type: TypeInt, Default: "4", Doc: "how many replicas, and gateways in front of them, 1 to 100"},
			{Name: "drain", Type: TypeDuration, Default: "20s", Doc: "how long an old replica serves on once it is to end"},
			{Name: "start", Type: TypeDuration, Default: "40s", Doc: "how long a new replica takes to be ready; so long takes each replica's fix"},
			{Name: "lag", Type: TypeDuration, Default: "10s", Doc: "how long gateways go on sending to a replica that drains or, where the service is absent, " +
				"that has ended; longer than drain, it makes 502s"},
			{Name: "surge", Type: TypeBool, Default: "false", Doc: "start a new replica before the old one drains, in a rolling update"},
			{Name: "leftover", Type: TypeParams, Doc: "what an earlier change left behind, until the line's end or heal", Fields: []Param{
				{Name: "routes-missing", Type: TypeInt, Default: "0", Doc: "how many of the gateways lose their route with the update: 404"},
				{Name: "service-absent", Type: TypeBool, Default: "false", Doc: "the service that leads to new replicas is gone: 502 while old ones end, then 503"},
			}},
		},
	}, newDeploy)
}

func newDeploy(v *values) (Fault, error) {
	left, err := v.fields("leftover")
	if err != nil {
		return Fault{}, err
	}
	strategy, surge := v.text("strategy"), v.bool("surge")
	d := rollout{
		n: v.int("replicas"), drain: v.duration("drain"), start: v.duration("start"), lag: v.duration("lag"),
		atOnce: strategy != strategyRolling, startFirst: surge || strategy == strategyBlueGreen,
		routesMissing: left.int("routes-missing"), serviceAbsent: left.bool("service-absent"),
	}
	switch {
	case d.n < 1 || d.n > mostReplicas:
		return Fault{}, fmt.Errorf("replicas %d: want 1 to %d", d.n, mostReplicas)
	case d.drain < 0:
		return Fault{}, fmt.Errorf("drain %v: want 0s or more", d.drain)
	case d.start <= 0:
		return Fault{}, fmt.Errorf("start %v: want more than 0s", d.start)
	case d.lag < 0:
		return Fault{}, fmt.Errorf("lag %v: want 0s or more", d.lag)
	case v.has("surge") && strategy != strategyRolling:
		return Fault{}, fmt.Errorf("surge: goes only with strategy: rolling")
	case d.routesMissing < 0 || d.routesMissing > d.n:
		return Fault{}, fmt.Errorf("leftover: routes-missing %d: want 0 to replicas %d", d.routesMissing, d.n)
	}
	return Fault{Tail: d.tail(), Steps: d.steps, HTTP: func(r Request, _ http.Handler) http.Handler {
		return d.handler(r)
	}}, nil
}

// handler makes the gateway's answer, or nil where the request gets through.
func (d rollout) handler(r Request) http.Handler {
	g := pick(draw(r, drawGateway, 0), d.n)
	o := d.answer(g, draw(r, drawReplica, 0), r.Offset-r.From, r.Until-r.From)
	if o == passes {
		return nil
	}
	return o.page().handler(r)
}

// page is what gateways send; senders that expect JSON should meet it here.
func (o outcome) page() answer {
	html := func(code int, text string) answer {
		page := "<html>\r\n<head><title>" + text + "</title></head>\r\n<body>\r\n<center><h1>" + text + "</h1></center>\r\n</body>\r\n</html>\r\n"
		return answer{code: code, body: page, headers: http.Header{"Content-Type": {"text/html"}}}
	}
	switch o {
	case noRoute:
		return answer{code: http.StatusNotFound, body: "default backend - 404"}
	case refused:
		return html(http.StatusBadGateway, "502 Bad Gateway")
	default:
		return html(http.StatusServiceUnavailable, "503 Service Temporarily Unavailable")
	}
}
