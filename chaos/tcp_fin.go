package chaos

import (
	"context"
	"io"
	"net/http"
	"time"
)

// lingering is how long a connection stays half open for a client that goes
// on sending, in time of the clock.
const lingering = 5 * time.Second

func finKind() Kind {
	return build(Kind{
		Name:  "fin",
		Layer: LayerResponse,
		Doc:   "ends the connection in good order at a point of the exchange so that the sender sees EOF",
		Expect: "takes an answer that is not whole for none, or for one if only the status counts, as declared; tries again on the declared " +
			"schedule otherwise",
		Params: milestoneParams(),
	}, func(v *values) (Fault, error) { return newCut(v, "fin", hangUp) })
}

// hangUp sends FIN. With bytes of the request unread, closing would make the
// kernel send RST, so the connection stays half open until the client has
// ended it too, the server ends, or lingering has passed.
func hangUp(c Conn, req *http.Request, whole bool) {
	defer func() { _ = c.Close() }() // the client has closed it, or will learn of it
	if whole || c.CloseWrite() != nil {
		return
	}
	_ = c.SetReadDeadline(time.Now().Add(lingering)) // fails on a closed connection, and so does the read
	stop := context.AfterFunc(req.Context(), func() { _ = c.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	_, _ = io.Copy(io.Discard, c) // its end is all that is of interest
}
