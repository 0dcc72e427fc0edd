package canary

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

// TestSecretsStayIn has an API that sends back what it was shown, in an error
// that is logged: no secret is in the log, on the page, in the metrics, in what
// the gates say, or in an incident.
func TestSecretsStayIn(t *testing.T) {
	const key, signing = "hush-hush-key", "whsec_aHVzaC1odXNoLWh1c2gtaHVzaC1odXNoLWg="
	t.Setenv("HOOKDRILL_TEST_KEY", key)
	t.Setenv("HOOKDRILL_TEST_SIGNING", signing)
	t.Setenv("HOOKDRILL_TEST_ADMIN", "hush-hush-admin")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		http.Error(w, fmt.Sprint("refused, because of ", r.Header.Get("Authorization"), " and ", string(body), err), http.StatusInternalServerError)
	}))
	defer server.Close()
	c := localConfig(t, server.URL)
	text, err := os.ReadFile(c.Regions[0].Profile)
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.Replace(string(text), `"url": {{json .Endpoint.URL}}`, `"secret": {{json .Endpoint.Secret}}`, 1)
	secret = strings.Replace(secret, `/endpoints", `, `/endpoints", headers: {Authorization: "Bearer {{.Secret.key}}"}, `, 1) + "secrets: {key: {env: HOOKDRILL_TEST_KEY}}\n"
	if err := os.WriteFile(c.Regions[0].Profile, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Regions[0].Receive.Secret, c.Regions[0].Receive.Scheme = Secret{Env: "HOOKDRILL_TEST_SIGNING"}, "standard-webhooks"
	c.Admin = Admin{Listen: "127.0.0.1:0", Token: Secret{Env: "HOOKDRILL_TEST_ADMIN"}}
	var log lines
	l := &life{Prober: New(c, Options{Log: zerolog.New(&log)})}
	defer l.run(t)()
	eventually(t, "it tells why the sender cannot be set up", func() (string, bool) {
		return log.String(), strings.Contains(log.String(), "cannot be set up")
	})
	said := log.String()
	for _, path := range []string{"/", "/metrics", "/v1/gate/all", "/v1/verdict/all", "/v1/incidents"} {
		_, body := l.ask(http.MethodGet, path, "")
		said += body
	}
	if !strings.Contains(said, "because of Bearer [secret] and ") {
		t.Errorf("what the API sent back is not told: this test looked at nothing:\n%s", said)
	}
	for _, hush := range []string{key, strings.TrimPrefix(signing, "whsec_"), "hush-hush-admin"} {
		if strings.Contains(said, hush) {
			t.Errorf("%s is in\n%s", hush, said)
		}
	}
}
