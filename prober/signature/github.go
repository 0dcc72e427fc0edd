package signature

// github is the scheme of GitHub (docs.github.com, "Validating webhook
// deliveries"). X-GitHub-Delivery stays the same when a delivery is repeated.
func github() Scheme {
	return overBody{name: "github", header: "X-Hub-Signature-256", prefix: "sha256=", id: "X-Github-Delivery"}
}
