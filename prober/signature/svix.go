package signature

// svix is the scheme of Svix, from which Standard Webhooks came: the same
// under other names of headers (docs.svix.com, "Verifying webhooks manually").
func svix() Scheme { return standard{name: "svix", prefix: "Svix-"} }
