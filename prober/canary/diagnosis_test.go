package canary

import (
	"strings"
	"testing"
)

// TestDiagnosis walks the matrix of prober.md 3.3.
func TestDiagnosis(t *testing.T) {
	for _, row := range []struct {
		reason string
		setup  func(s *story)
		play   int
		region string
		want   string
	}{
		{"nothing seen", func(*story) {}, 0, "eu", "eu: no data yet"},
		{"all is well", func(*story) {}, 3, "eu", "eu: canaries arrive on time"},
		{"publish and route are well, nothing arrives", func(s *story) { s.hold["eu"] = true }, 5, "eu",
			"eu: publish accepted, route check ok, no arrival since 03:00:00: the sender, or its egress; in no other region"},
		{"our route is missing", func(s *story) { s.route["eu"] = RouteMissing }, 2, "eu",
			"eu: publish accepted, route check 404: our route is missing in eu; in no other region"},
		{"our certificate", func(s *story) { s.route["eu"] = CertExpired }, 2, "eu",
			"eu: publish accepted, route check tls_expired: our certificate has expired in eu; in no other region"},
		{"publish 404 in one region only", func(s *story) { s.publish["eu"] = RouteMissing }, 2, "eu",
			"eu: publish 404, route check ok: an incomplete infrastructure change in eu, the route to the sender is missing; in no other region"},
		{"publish 503 in two of three", func(s *story) { s.publish["eu"], s.publish["in"] = Unavailable, Unavailable }, 2, "eu",
			"eu: publish 503, route check ok: an incomplete infrastructure change in eu, the backend behind its route is gone; the same in in"},
		{"publish fails everywhere", func(s *story) {
			s.publish["us"], s.publish["eu"], s.publish["in"] = ServerError, ServerError, ServerError
		}, 2, "eu",
			"eu: publish http_5xx_other, route check ok: the same everywhere: a code change or a deploy of the sender"},
		{"the prober is off the network", func(s *story) {
			for _, r := range []string{"us", "eu", "in"} {
				s.publish[r], s.route[r] = DNSFailure, DNSFailure
			}
		}, 2, "eu", "eu: publish dns_failure, route check dns_failure: the prober's own network"},
		{"one look is not enough", func(s *story) { s.route["eu"] = RouteMissing }, 1, "eu", "eu: canaries arrive on time"},
	} {
		s := newStory(t, testSettings(), "us", "eu", "in")
		row.setup(s)
		s.play(row.play)
		if got := s.sentence(row.region); got != row.want {
			t.Errorf("%s:\n got %s\nwant %s", row.reason, got, row.want)
		}
	}
}

// TestAnswersInTurn has a gateway that is half gone: both answers are told, in
// a sentence that does not change with each look.
func TestAnswersInTurn(t *testing.T) {
	s := newStory(t, testSettings(), "us", "eu")
	turn := func(where map[string]Class, want string) {
		t.Helper()
		for n := range 7 {
			where["eu"] = []Class{RouteMissing, Unavailable}[n%2]
			s.play(1)
			if got := s.sentence("eu"); n > 0 && got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
		where["eu"] = OK
		s.play(3)
	}
	turn(s.route, "eu: publish accepted, route check 404 and 503 in turn: in eu our route is missing, and in turn our backend is unavailable "+
		"behind its route: its gateways do not agree; in no other region")
	turn(s.publish, "eu: publish 404 and 503 in turn, route check ok: an incomplete infrastructure change in eu, the route to the sender is "+
		"missing, and in turn the backend behind its route is gone; in no other region")
	s.publish["eu"] = RouteMissing
	s.play(2)
	if got := s.sentence("eu"); strings.Contains(got, "in turn") {
		t.Errorf("what an earlier trouble answered is told of this one: %s", got)
	}
}

// TestLateOfARoute mends the route of one region of two while its canaries are
// held back still: it was as the other is, until they arrive.
func TestLateOfARoute(t *testing.T) {
	s := newStory(t, testSettings(), "us", "eu", "in")
	s.play(3)
	for _, r := range []string{"eu", "in"} {
		s.route[r], s.hold[r] = RouteMissing, true
	}
	s.play(5)
	s.route["eu"] = OK
	s.play(4)
	if got, want := s.sentence("in"), "the same in eu"; !strings.HasSuffix(got, want) {
		t.Errorf("while eu waits for its canaries: %s", got)
	}
	s.release("eu")
	s.play(1)
	if got, want := s.sentence("in"), "; eu was the same until 03:12:00"; !strings.HasSuffix(got, want) {
		t.Errorf("after they arrived: %s", got)
	}
}

func TestDiagnosisByTheSendersOwnAttempts(t *testing.T) {
	s := newStory(t, testSettings(), "us", "eu")
	s.hold["eu"] = true
	s.play(5)
	oldest := s.held["eu"][0]
	s.m.Attempted("eu", oldest, s.at, RouteMissing)
	want := "eu: publish accepted, route check ok, the sender's own attempts 404, no arrival since 03:00:00: " +
		"the path between the sender and us: its egress proxy, a stale name, or split-horizon DNS; in no other region"
	if got := s.sentence("eu"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	s.release("eu")
	s.play(3)
	s.m.Attempted("eu", oldest, s.at, BodyInvalid) // "delivered" it says, and it was: to us, meanwhile
	s.hold["eu"] = true
	s.play(4)
	want = "eu: publish accepted, route check ok, no arrival since 03:08:00: the sender, or its egress; in no other region"
	if got := s.sentence("eu"); got != want {
		t.Errorf("in the next outage, of which the sender says nothing:\ngot  %s\nwant %s", got, want)
	}
}

func TestDiagnosisOfOurOwnReceiver(t *testing.T) {
	s := newStory(t, testSettings(), "us", "eu")
	s.play(2)
	for range 2 {
		s.m.Routed("eu", s.at, Refused, "", Refused)
	}
	want := "eu: publish accepted, route check connect_refused: our receiver in eu does not answer (connect_refused); in no other region"
	if got := s.sentence("eu"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
