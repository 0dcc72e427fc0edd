package profile

import (
	"embed"
	"fmt"
	"os"
	"strings"

	"github.com/hookdrill/hookdrill/prober/strict"
)

//go:embed presets/*.yaml
var presets embed.FS

// Presets returns the names of the profiles that are built in, sorted.
func Presets() []string {
	entries, err := presets.ReadDir("presets")
	if err != nil {
		return nil // the directory is part of the program
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Preset returns the text of a built-in profile.
func Preset(name string) ([]byte, bool) {
	text, err := presets.ReadFile("presets/" + name + ".yaml")
	return text, err == nil
}

// Load parses a built-in profile by its name, or else a file.
func Load(name string) (*Profile, error) {
	if text, found := Preset(name); found {
		return Parse(name, text)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		if !strings.ContainsAny(name, "./\\") {
			return nil, fmt.Errorf("profile %q: there is no such preset%s; there are %s",
				name, strict.DidYouMean(name, Presets()), strings.Join(Presets(), ", "))
		}
		return nil, fmt.Errorf("profile: %w", err)
	}
	return Parse(name, text)
}
