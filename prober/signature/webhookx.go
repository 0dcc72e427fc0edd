package signature

// webhookx is the scheme of WebhookX's plugin webhookx-signature. Its event id
// stays the same over all attempts; its delivery id does not.
func webhookx() Scheme {
	return overTime{name: "webhookx", header: "Webhookx-Signature", timestamp: "Webhookx-Timestamp",
		separator: ".", id: "Webhookx-Event-Id"}
}
