package thirdparty_test

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/alert"
	amcommoncfg "github.com/prometheus/alertmanager/config/common"
	"github.com/prometheus/alertmanager/eventrecorder"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/notify/webhook"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/client_golang/prometheus"
	commoncfg "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"

	"github.com/hookdrill/hookdrill/prober"
	"github.com/hookdrill/hookdrill/prober/event"
	"github.com/hookdrill/hookdrill/prober/policy"
	"github.com/hookdrill/hookdrill/scenarios/sendertest"
)

// groupInterval is Alertmanager's default: a notification is retried until
// the next flush of its group is due.
const groupInterval = 5 * time.Minute

// alertmanager is Alertmanager's webhook notifier under its retry stage, both
// unmodified: one flush of a group for each event. The dispatcher above them,
// which flushes again while an alert is firing, is not part of it.
type alertmanager struct {
	world    prober.World
	template *template.Template
	metrics  *notify.Metrics
	pending  atomic.Int64

	mu        sync.Mutex
	receivers map[string]receiver
}

type receiver struct {
	*notify.RetryStage
	topics []string
}

func newAlertmanager(_ context.Context, w prober.World) (prober.Sender, error) {
	t, err := template.FromGlobs(nil)
	if err != nil {
		return nil, err
	}
	t.ExternalURL = &url.URL{Scheme: "http", Host: "alertmanager.test"}
	return &alertmanager{world: w, template: t, receivers: make(map[string]receiver),
		metrics: notify.NewMetrics(prometheus.NewRegistry(), featurecontrol.NoopFlags{})}, nil
}

// Subscribe is a receiver with one entry of webhook_configs.
func (a *alertmanager) Subscribe(_ context.Context, s prober.Subscription) error {
	conf := &webhook.WebhookConfig{NotifierConfig: amcommoncfg.NotifierConfig{VSendResolved: true}, URL: amcommoncfg.SecretTemplateURL(s.URL), HTTPConfig: &commoncfg.DefaultHTTPClientConfig, Timeout: 10 * time.Second}
	n, err := webhook.New(conf, a.template, slog.New(slog.DiscardHandler), commoncfg.WithDialContextFunc(a.world.Dial))
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	stage := notify.NewRetryStage(notify.NewIntegration(n, conf, "webhook", 0, s.Endpoint), s.Endpoint, a.metrics, eventrecorder.NopRecorder())
	a.receivers[s.Endpoint] = receiver{stage, s.Topics}
	return nil
}

// Publish is an alert that fires in a group of its own.
func (a *alertmanager) Publish(_ context.Context, e event.Event) error {
	firing := alert.New(model.Alert{Labels: model.LabelSet{"alertname": "hookdrill", "event": model.LabelValue(e.ID())}, StartsAt: time.Now()}, time.Now(), false)
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, r := range a.receivers {
		if slices.Contains(r.topics, e.Topic) {
			a.pending.Add(1)
			go a.flush(name, r, firing)
		}
	}
	return nil
}

// flush is what dispatch.go does with a group.
func (a *alertmanager) flush(name string, r receiver, firing *alert.Alert) {
	defer a.pending.Add(-1)
	ctx, cancel := context.WithTimeout(context.Background(), groupInterval)
	defer cancel()
	ctx = notify.WithNow(notify.WithReceiverName(notify.WithGroupKey(ctx, firing.Labels.String()), name), time.Now())
	_, _, _ = r.Exec(ctx, slog.New(slog.DiscardHandler), firing) // the dispatcher logs it
}

// Pending counts the flushes under way.
func (a *alertmanager) Pending(context.Context) (int, error) { return int(a.pending.Load()), nil }

// Policy is what the documentation says of a webhook receiver, which is
// little: it is sent alerts "at least once", state is in memory, redirects are
// followed (follow_redirects, true by default).
func (a *alertmanager) Policy() policy.Policy {
	return policy.Policy{
		Name: "alertmanager v0.35.0", Timeout: 10 * time.Second, Redirects: policy.RedirectsFollow,
		Order: policy.OrderNone, Durability: policy.DurabilityMemory, Seam: policy.SeamDial,
	}
}

// TestAlertmanager: all that a 404 or a flush of five minutes leaves behind is
// lost to the receiver unless the alert is still firing at the next flush.
func TestAlertmanager(t *testing.T) {
	const (
		final    = "notify/util.go: Retrier.Check takes 3xx and 4xx, 429 included, for unrecoverable"
		flush    = "RetryStage ends with its flush, after group_interval"
		followed = "http.Client follows, and a 302 becomes a GET without a body, whose 200 is a success"
		dropped  = "everything was given up before the heal"
		ended    = "made no further attempt; it says that it owes nothing more"
	)
	sendertest.Run(t, newAlertmanager,
		sendertest.KnownFailing("ingress-404-for-a-minute", "no-loss", final, "attempt 1   404", ended),
		sendertest.KnownUnknown("ingress-404-for-a-minute", "recovery", dropped),
		sendertest.KnownFailing("deploy-done-right", "no-loss", final, "404  (rolling)", ended),
		sendertest.KnownFailing("gone-for-good", "no-loss", final, "410  (gone)", ended),
		sendertest.KnownFailing("told-to-wait", "no-loss", final, "attempt 1   429", ended),
		sendertest.KnownFailing("kustomer-2025-12-10", "no-loss", final, "404  (update)", ended),
		sendertest.KnownUnknown("kustomer-2025-12-10", "recovery", dropped),
		sendertest.KnownFailing("kustomer-and-a-crash", "no-loss", final, "404  (update)", ended),
		sendertest.KnownUnknown("kustomer-and-a-crash", "recovery", dropped),
		sendertest.KnownFailing("down-for-an-hour", "no-loss", flush, "503  (outage)", ended),
		sendertest.KnownFailing("herd-after-recovery", "no-loss", flush, "503  (outage)", ended),
		sendertest.KnownFailing("hanging-neighbour", "no-loss", flush, "aborted (hang)", ended),
		sendertest.KnownFailing("refused-then-up", "no-loss", flush, "no attempt reached the endpoint"),
		sendertest.KnownFailing("nobody-answers-the-door", "no-loss", flush, "no attempt reached the endpoint"),
		sendertest.KnownFailing("redirected-to-a-login-page", "no-loss", followed, "302  (login-302)", ended),
		sendertest.KnownFailing("redirected-to-a-login-page", "redirect", followed, "it left the event behind"),
		sendertest.KnownFailing("redirected-to-an-internal-address", "no-loss", followed, "307  (inside)", ended),
		sendertest.KnownFailing("killed-before-answer", "no-loss", "alerts are in memory", "sender ready again", ended),
		sendertest.KnownFailing("never-comes-back", "no-loss", flush, "503  (gone)", ended),
		sendertest.KnownFailing("brief-deploy", "no-loss", final, "404  (no-route)", ended),
		sendertest.KnownFailing("brief-wait-please", "no-loss", final, "attempt 1   429", ended),
		sendertest.KnownFailing("brief-redirect-301", "no-loss", followed, "301  (moved)", ended),
		sendertest.KnownFailing("brief-redirect-301", "redirect", followed, "it left the event behind"),
		sendertest.KnownFailing("brief-redirect-307", "no-loss", followed, "307  (elsewhere)", ended),
		sendertest.KnownFailing("brief-kill", "no-loss", "alerts are in memory", "503  (down)", ended),
		sendertest.KnownFailing("brief-sigterm", "no-loss", "alerts are in memory", "503  (down)", ended),
	)
}
