package chaos

import "net/http"

func hangKind() Kind {
	return build(Kind{
		Name:   "hang",
		Layer:  LayerResponse,
		Doc:    "takes the request and never answers",
		Expect: "gives up after the declared timeout and tries again; other endpoints get their events in time; nothing piles up",
	}, newHang)
}

func newHang(*values) (Fault, error) {
	return Fault{Stalls: true, HTTP: func(Request, http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			drain(req) // net/http notices a client that goes away only behind the body
			<-req.Context().Done()
			_ = take(w, "hang").Close() // net/http would answer 200 when the handler returns
		})
	}}, nil
}
