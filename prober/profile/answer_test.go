package profile

import (
	"errors"
	"net/http"
	"testing"

	"github.com/hookdrill/hookdrill/prober"
)

// TestAnswerErrorTellsItsStatus wants the status to be had from the error, and
// a gateway's page told from an answer of the API.
func TestAnswerErrorTellsItsStatus(t *testing.T) {
	for body, gateway := range map[string]bool{`{"error":"no"}`: false, "default backend - 404": true} {
		err := answerError(&http.Response{StatusCode: 404}, []byte(body))
		var status *prober.StatusError
		if !errors.As(err, &status) || status.Code != 404 || status.Gateway != gateway {
			t.Errorf("%s: got %+v", body, status)
		}
		if want := "it answered 404 " + body; err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}
