package refsender

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hookdrill/hookdrill/prober"
)

// target makes the requests to one endpoint. It has one user at a time: an
// endpoint's dispatcher.
type target struct {
	sub prober.Subscription
	url *url.URL
	mac hash.Hash
	// scratch is room for what is signed and for the signature.
	scratch []byte
}

func newTarget(sub prober.Subscription) (*target, error) {
	if sub.Endpoint == "" {
		return nil, errors.New("the endpoint has no name")
	}
	u, err := url.Parse(sub.URL)
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("url %q: want http or https and a host", sub.URL)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sub.Secret, "whsec_"))
	if err != nil || len(key) == 0 {
		return nil, errors.New("secret: want whsec_ and base64")
	}
	sub.Topics = slices.Clone(sub.Topics)
	sub.Labels = maps.Clone(sub.Labels)
	return &target{sub: sub, url: u, mac: hmac.New(sha256.New, key)}, nil
}

// request makes one attempt's request, signed as Standard Webhooks 1.0.0 says.
func (t *target) request(id string, body []byte, at time.Time) *http.Request {
	stamp := strconv.FormatInt(at.Unix(), 10)
	values := [...]string{"application/json", "hookdrill-reference-sender", id, stamp, t.sign(id, stamp, body)}
	r := &http.Request{
		Method: http.MethodPost, URL: t.url, Host: t.url.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{
			"Content-Type":      values[0:1:1],
			"User-Agent":        values[1:2:2],
			"Webhook-Id":        values[2:3:3],
			"Webhook-Timestamp": values[3:4:4],
			"Webhook-Signature": values[4:5:5],
		},
		ContentLength: int64(len(body)),
	}
	// GetBody lets the transport send the request again on a fresh connection
	// when an idle one turns out to be closed before a byte was taken from it.
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}

func (t *target) sign(id, stamp string, body []byte) string {
	t.mac.Reset()
	b := t.scratch[:0]
	b = append(b, id...)
	b = append(append(append(b, '.'), stamp...), '.')
	_, _ = t.mac.Write(b) // a hash never fails
	_, _ = t.mac.Write(body)
	var sum [sha256.Size]byte
	b = base64.StdEncoding.AppendEncode(append(b[:0], "v1,"...), t.mac.Sum(sum[:0]))
	t.scratch = b
	return string(b)
}
