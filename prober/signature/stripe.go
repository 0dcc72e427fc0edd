package signature

// stripe is the scheme of Stripe (docs.stripe.com/webhooks, "Verify manually").
// The whole secret is the key, also its `whsec_`. The event's id stands in the
// body, not in a header.
func stripe() Scheme {
	return overTime{name: "stripe", header: "Stripe-Signature", separator: "."}
}
