package signature

import (
	"slices"
	"testing"
)

func TestSchemesAreFoundByTheirNames(t *testing.T) {
	names := Names()
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("names are not sorted and unique: %v", names)
	}
	for _, name := range names {
		if s, ok := ByName(name); !ok || s.Name() != name {
			t.Errorf("ByName(%q) gives another scheme", name)
		}
	}
	if _, ok := ByName("none"); ok {
		t.Error(`ByName("none") gives a scheme`)
	}
}

func TestSecretsThatAreRefused(t *testing.T) {
	tests := []struct{ reason, scheme, secret, want string }{
		{"not base64, and not repeated in the error", "standard-webhooks", "whsec_s3cret!", "standard-webhooks secret: illegal base64 data at input byte 6"},
		{"nothing to sign with", "github", "", "github secret: it is empty"},
		{"nothing to sign with", "stripe", "", "stripe secret: it is empty"},
		{"only the prefix", "standard-webhooks", "whsec_", "standard-webhooks secret: it is empty"},
	}
	for _, tt := range tests {
		s, _ := ByName(tt.scheme)
		if _, err := s.Verifier(tt.secret); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got error %v, want %s", tt.reason, err, tt.want)
		}
	}
}
