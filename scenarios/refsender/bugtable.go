package refsender

// Bug is one known bug that can be switched on.
type Bug struct {
	// Name is what a spec calls it.
	Name string
	// Doc says in one sentence what the sender does with it.
	Doc string
	// Real says which bug or behaviour of a real sender it stands for.
	Real string

	bit bugSet
}

const (
	dropOn404 bugSet = 1 << iota
	dropOn503
	dropAfterN
	giveUpEarly
	ackBeforePersist
	loseInFlightOnCrash
	forgetAcksOnCrash
	redirectIsDelivered
	followRedirects
	ignoreRetryAfter
	retryAtOnce
	noBackoff
	noTimeout
	headOfLineBlocking
	reorderOnRetry
	duplicateAfterAck
	newIDOnRetry
	staleSignatureOnRetry
	unsignedRetry
	wrongEndpoint
	corruptBody
	disableOn404
	zombieRetries
	crashOnBadAnswer
	stuckUntilRestart
	thunderingHerd
	reportsDelivered
)

// Bugs returns all bugs, in the order in which they are documented.
func Bugs() []Bug {
	return []Bug{
		{"drop-on-404", "a 404 ends a delivery as if it had been made",
			"Alertmanager: a 4xx is not tried again (prometheus/alertmanager#2145)", dropOn404},
		{"drop-on-503", "a 503 ends a delivery as if it had been made",
			"Knative Eventing: deliveries without a retry (knative/eventing#2357)", dropOn503},
		{"drop-after-n", "a delivery is dropped after its third failed attempt",
			"Outpost: retries that lost their attempt's log were given up (hookdeck/outpost#997)", dropAfterN},
		{"give-up-early", "the sender gives up half-way through the schedule it declares",
			"Convoy: its documentation names a schedule that its code does not keep", giveUpEarly},
		{"ack-before-persist", "Publish answers up to five seconds before the event is written",
			"pg_net: accepted requests lost in a crash (supabase/pg_net#97)", ackBeforePersist},
		{"lose-in-flight-on-crash", "what was in flight at a kill is forgotten by the next incarnation",
			"Convoy: deliveries stranded in state Processing (frain-dev/convoy#1092)", loseInFlightOnCrash},
		{"forget-acks-on-crash", "what was delivered is written down up to five seconds later, so that a kill makes the next incarnation send it again",
			"Gitea: deliveries made once more at the next start (go-gitea/gitea#21558)", forgetAcksOnCrash},
		{"3xx-is-delivered", "a 3xx answer counts as delivered",
			"CNCF Distribution registry and Outpost: any answer below 400 is a success", redirectIsDelivered},
		{"follow-redirects", "redirects are followed, and the last answer counts",
			"Convoy, Outpost, WebhookX: Go's default client; to internal addresses in formbricks#7877", followRedirects},
		{"ignore-retry-after", "a Retry-After header changes nothing",
			"Svix before 1.87 (svix/svix-webhooks#2200), Convoy, Outpost, WebhookX", ignoreRetryAfter},
		{"retry-at-once", "the first three retries follow without a delay",
			"CNCF Distribution registry: a tight loop up to its threshold (distribution#324)", retryAtOnce},
		{"no-backoff", "a retry follows every five seconds for the whole horizon, never more slowly",
			"Alertmanager: 200 attempts in 10 minutes (prometheus/alertmanager#2286)", noBackoff},
		{"no-timeout", "an attempt may take for ever",
			"italia/developers-italia-api#376: no timeout, and a goroutine lost for each", noTimeout},
		{"head-of-line-blocking", "one attempt at a time for all endpoints together",
			"Outpost: a delivery concurrency of 1 by default; Flagsmith#2500", headOfLineBlocking},
		{"reorder-on-retry", "after a failed attempt the later events of the key overtake it",
			"hasura/graphql-engine#4043, paypal/mirakl-hyperwallet-connector#35", reorderOnRetry},
		{"duplicate-after-ack", "one event in 50 is sent again right after it was acknowledged",
			"Outpost: a lost log write after a success puts the event back; Svix's overlapping sends (svix#2181)", duplicateAfterAck},
		{"new-id-on-retry", "each retry has a webhook-id of its own",
			"WebhookX: Webhookx-Delivery-Id is new with each attempt", newIDOnRetry},
		{"stale-signature-on-retry", "retries carry the timestamp and the signature of the first attempt",
			"tldw_server#932: the receivers' tolerance refuses them", staleSignatureOnRetry},
		{"unsigned-retry", "retries carry no timestamp and no signature",
			"reapit/foundations#7075: the signature is missing on retries", unsignedRetry},
		{"wrong-endpoint", "one event in 100 also goes to an endpoint that is not owed it, well signed",
			"Convoy and Svix: caches of endpoints that are stale after a change (frain-dev/convoy#2792)", wrongEndpoint},
		{"corrupt-body", "in one event in 100 a letter of the body's padding is changed before signing",
			"NetAlertX#1720: what is sent is not what was published", corruptBody},
		{"disable-on-404", "a 404 disables the endpoint for good",
			"GitLab: an ingress's 404 during a deploy disabled hooks (gitlab-org/gitlab#396577)", disableOn404},
		{"zombie-retries", "one delivered event in ten is sent again 20 seconds after everything is settled",
			"WebhookX: a redelivered task does not look whether it had succeeded", zombieRetries},
		{"crash-on-bad-answer", "panics on a status of 520 or more, on a Retry-After that is neither seconds nor a date, and on an answer's body of more than 64 KiB",
			"Outpost: over-large answers broke the worker that read them (hookdeck/outpost#845)", crashOnBadAnswer},
		{"stuck-until-restart", "after five failed attempts in a row an endpoint gets no more until the next incarnation",
			"Svix: workers loop for ever after a Redis restart (svix/svix-webhooks#1844)", stuckUntilRestart},
		{"thundering-herd", "the first success after a failure sends all that waits at that endpoint at once",
			"Svix: a storm of retries (svix/svix-webhooks#533)", thunderingHerd},
		{"given-up-is-delivered", "what was given up is reported as delivered to whoever asks",
			"distribution notifications/http.go: an answer that was no delivery is counted among the successes", reportsDelivered},
	}
}

func bugByName(name string) (Bug, bool) {
	for _, b := range Bugs() {
		if b.Name == name {
			return b, true
		}
	}
	return Bug{}, false
}

func bugNames() []string {
	bugs := Bugs()
	names := make([]string, len(bugs))
	for i, b := range bugs {
		names[i] = b.Name
	}
	return names
}

// newBugSet makes the set of the bugs with these names. An unknown name is an
// error: a bug that is silently not there would make a check look dead.
func newBugSet(names []string) (bugSet, error) {
	var set bugSet
	for _, n := range names {
		b, known := bugByName(n)
		if !known {
			return 0, unknownBug(n)
		}
		set |= b.bit
	}
	return set, nil
}
