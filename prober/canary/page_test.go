package canary

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestPageInBrowser opens the status page in headless Chromium, with JavaScript
// off, in the middle of an outage that follows an older one.
func TestPageInBrowser(t *testing.T) {
	chromium := tool(t, "the status page in a browser", "chromium", "chromium-browser", "google-chrome")
	page := httptest.NewServer(desk(t, outage(t), ""))
	defer page.Close()
	picture := filepath.Join(t.TempDir(), "page.png")
	browse(t, chromium, "--screenshot="+picture, page.URL)
	if s, err := os.Stat(picture); err != nil || s.Size() < 10_000 {
		t.Errorf("the picture: %v, %v", s, err)
	}
	text := seen(browse(t, chromium, "--dump-dom", page.URL))
	for _, want := range []string{
		"An incident goes on: identified , began 14m ago, at 03:38:00 . In trouble: prod-4.",
		"prod-1 pass canaries arrive on time 0 0 0 1m ago 1m ago",
		"prod-2 fail canaries arrive on time gate: 7 of 10 canaries failed or were late",
		"prod-4 differs fail publish accepted, route check 503, no arrival since 03:38:00: our backend is unavailable behind its route in prod-4; prod-2 was the same until 03:51:00",
		"incident-20251210-033900: identified",
		"prod-2 03:39:00 03:51:00 0 11 12m1s 0 0 publish accepted, route check 404: our route is missing in prod-2",
		"prod-4 03:39:00 not yet",
		"03:38:00 deploy platform-update-7 started in all regions 03:39:00 investigating : prod-2: publish accepted",
		"03:51:00 prod-2 recovered: canaries arrive on time; the fix is in prod-2, not in prod-4",
		"burn-fast: the error budget of prod-4 burns 224 times too fast over 1h, and 1000 times over 5m (since 03:43:00 )",
		"late: 11 canaries are late in prod-4, the oldest by 11m (since 03:41:00 )",
		"Last incidents incident-20251210-030600: resolved",
		"platform-update-7: 03:38:00 , still going on",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if now, alerts := strings.Index(text, "Incident now"), strings.Index(text, "Alerts"); now < 0 || alerts < now {
		t.Errorf("the incident is not told before its many alerts")
	}
	if t.Failed() {
		t.Log(text)
	}
}

// TestBrowserHasNoScript is the check on the check: a page that would change
// itself stays as it is.
func TestBrowserHasNoScript(t *testing.T) {
	chromium := tool(t, "that the browser of TestPageInBrowser runs no script", "chromium", "chromium-browser", "google-chrome")
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<p id="a">as it was</p><script>document.getElementById("a").textContent = "changed"</script>`)
	}))
	defer page.Close()
	if dom := browse(t, chromium, "--dump-dom", page.URL); !strings.Contains(dom, `<p id="a">as it was</p>`) {
		t.Errorf("a script ran: %s", dom)
	}
}

// seen returns the text of a page.
func seen(dom string) string {
	dom = regexp.MustCompile(`(?s)<head>.*</head>`).ReplaceAllString(dom, "")
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(dom, " ")
	return strings.Join(strings.Fields(html.UnescapeString(text)), " ")
}

// outage plays an incident that is over, and one that goes on.
func outage(t *testing.T) *story {
	t.Helper()
	s := newStory(t, testSettings(), "prod-1", "prod-2", "prod-4")
	s.play(5)
	s.route["prod-4"] = NoSuchHost
	s.play(3)
	s.route["prod-4"] = OK
	s.play(30)
	s.m.Deploy("platform-update-7", "", false, s.at)
	s.route["prod-2"], s.route["prod-4"] = RouteMissing, Unavailable
	s.hold["prod-2"], s.hold["prod-4"] = true, true
	s.play(12)
	s.m.Deploy("platform-fix-1", "prod-2", false, s.at)
	s.m.Deploy("platform-fix-1", "prod-2", true, s.at.Add(time.Second))
	s.route["prod-2"] = OK
	s.release("prod-2")
	s.play(2)
	return s
}

// noScript are settings of Chromium. --blink-settings=scriptEnabled=false
// would stop its own page that takes the picture as well: there is none then.
const noScript = `{"profile": {"default_content_setting_values": {"javascript": 2}}}`

// browse runs a browser without JavaScript, and returns what it prints.
func browse(t *testing.T, chromium string, args ...string) string {
	t.Helper()
	profile := t.TempDir()
	if err := os.Mkdir(filepath.Join(profile, "Default"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(profile, "Default"), "Preferences", noScript)
	args = append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--window-size=1000,800", "--user-data-dir=" + profile}, args...)
	cmd := exec.CommandContext(t.Context(), chromium, args...)
	cmd.WaitDelay = 5 * time.Second // for helpers of it that hold its output
	var log strings.Builder
	cmd.Stderr = &log
	// Helpers of it outlive it for a moment, and would write into a directory
	// that is being removed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.Output()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // mostly there is none left
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", chromium, err, log.String())
	}
	return string(out)
}
