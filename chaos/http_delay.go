package chaos

import (
	"fmt"
	"net/http"
)

func delayKind() Kind {
	return build(Kind{
		Name:  "delay",
		Layer: LayerResponse,
		Doc:   "answers as a healthy endpoint does, but later",
		Expect: "waits as long as the declared timeout, not longer; an answer that comes in time is taken, one that comes too late leads to another " +
			"attempt; slow endpoints do not slow down others",
		Params: []Param{
			{Name: "delay", Type: TypeDistribution, Required: true, Doc: "how long the answer is held back, drawn anew for each attempt"},
		},
	}, newDelay)
}

func newDelay(v *values) (Fault, error) {
	d := v.distribution("delay")
	if err := d.check(); err != nil {
		return Fault{}, fmt.Errorf("delay: %w", err)
	}
	return Fault{HTTP: func(r Request, next http.Handler) http.Handler {
		wait := d.at(unit(draw(r, drawDelay, 0)))
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			drain(req)
			if !pause(req.Context(), wait, r) {
				_ = take(w, "delay").Close() // the client is gone; net/http would answer it 200
				return
			}
			next.ServeHTTP(w, req)
		})
	}}, nil
}
