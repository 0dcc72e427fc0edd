package chaos

import "net/http"

func resetKind() Kind {
	return build(Kind{
		Name:  "reset",
		Layer: LayerResponse,
		Doc:   "drops the connection at a point of the exchange so that the sender sees ECONNRESET",
		Expect: "tries again on the declared schedule; behind a 2xx both another attempt and none are right, since the sender may have seen " +
			"the status or not",
		Params: milestoneParams(),
	}, func(v *values) (Fault, error) {
		return newCut(v, "reset", func(c Conn, _ *http.Request, _ bool) {
			_ = c.Reset() // a connection that is gone already needs none
		})
	})
}
