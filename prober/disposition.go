package prober

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strconv"

	"github.com/hookdrill/hookdrill/prober/history"
)

// ending is what an endpoint knows about an exchange when it is over.
type ending struct {
	// requestWhole: the request was there to its last byte.
	requestWhole bool
	// status is the answer's status; 0: not a byte of an answer went out.
	status int
	// whole: every byte of the answer was taken by the connection.
	whole bool
	// broken: the connection did not end, or go on, as one on which all that
	// was written has arrived.
	broken bool
}

// disposition is the judgement. A 2xx of which only a part went out is
// ambiguous, not aborted: there are senders that look at the status alone.
func (e ending) disposition() history.Disposition {
	switch {
	case e.status == 0 && !e.requestWhole:
		return history.Incomplete
	case e.status == 0:
		return history.Aborted
	case e.status >= 200 && e.status <= 299:
		if e.whole && !e.broken {
			return history.Acked
		}
		return history.Ambiguous
	case e.whole:
		return history.AnsweredNo
	}
	return history.Aborted
}

// statusLine reads the status of an answer from its first bytes.
func statusLine(b []byte) (status int, ok bool) {
	if len(b) < len("HTTP/1.1 200") || !bytes.HasPrefix(b, []byte("HTTP/1.")) || b[8] != ' ' {
		return 0, false
	}
	status, err := strconv.Atoi(string(b[9:12]))
	return status, err == nil && status >= 100
}

// rawAnswer is what can be read from the bytes that an act wrote on a
// connection it had taken. cut says that written went on behind b.
func rawAnswer(b []byte, written int, cleanEnd bool) (status int, header http.Header, whole bool) {
	status, ok := statusLine(b)
	if !ok {
		return 0, nil, false
	}
	r := bufio.NewReader(bytes.NewReader(b))
	res, err := http.ReadResponse(r, nil) //nolint:bodyclose // its body is bytes in memory
	if err != nil {
		return status, nil, false
	}
	header = res.Header
	head := bytes.Index(b, []byte("\r\n\r\n")) + len("\r\n\r\n")
	switch {
	case res.ContentLength >= 0:
		return status, header, int64(written-head) >= res.ContentLength
	case len(res.TransferEncoding) == 0:
		return status, header, cleanEnd
	}
	_, err = io.Copy(io.Discard, res.Body)
	return status, header, err == nil && written == len(b)
}
