package signature

// outpost is the scheme of Hookdeck Outpost in its default mode and with its
// default templates (DESTINATIONS_WEBHOOK_SIGNATURE_HEADER_TEMPLATE): while a
// secret is replaced, two signatures stand behind one `v0=`. Its timestamp
// header is not signed.
func outpost() Scheme {
	return overBody{name: "outpost", header: "X-Outpost-Signature", prefix: "v0=", id: "X-Outpost-Event-Id"}
}
