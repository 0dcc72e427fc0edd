package canary

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
)

// read returns the secret's value. The error never holds it.
func (s Secret) read() (string, error) {
	if s.Env != "" {
		v := os.Getenv(s.Env)
		if v == "" {
			return "", fmt.Errorf("the environment has no %s", s.Env)
		}
		return v, nil
	}
	b, err := os.ReadFile(s.File)
	if err != nil {
		return "", err
	}
	v := strings.TrimSpace(string(b))
	if v == "" {
		return "", errors.New(s.File + " is empty")
	}
	return v, nil
}

// derive makes a secret of the state's key: the same after each restart, and
// known to nobody else.
func derive(key []byte, parts ...string) []byte {
	m := hmac.New(sha256.New, key)
	for _, p := range parts {
		fmt.Fprintf(m, "%d:%s", len(p), p)
	}
	return m.Sum(nil)
}

// signingSecret is what signs deliveries to an endpoint for which the
// configuration has no secret.
func signingSecret(key []byte, endpoint string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(derive(key, "sign", endpoint))
}

// fingerprint tells one subscription of a region from another, and nothing of
// its secret.
func fingerprint(key []byte, url, secret string) string {
	return hex.EncodeToString(derive(key, "subscription", url, secret)[:4])
}

// proof is what our endpoint answers to a route check, so that nobody else's
// page can pass for it.
func proof(key []byte, region, nonce string) string {
	return hex.EncodeToString(derive(key, "route", region, nonce))
}
