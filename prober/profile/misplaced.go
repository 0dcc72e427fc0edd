package profile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Beside returns the word of a command that finds the file which the word names
// now, seen from the directory from: a command starts in a directory of its
// own. dir is that of the profile. Words that name no file stay as they are.
func Beside(word, from, dir string) string {
	if !relative(word) {
		return word
	}
	file := filepath.Join(from, word)
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		return word
	}
	rel, err := filepath.Rel(dir, file)
	if err != nil {
		return word
	}
	return "{{.Here}}/" + filepath.ToSlash(rel)
}

// relative reports whether a word may be the path of a file beside the profile.
func relative(word string) bool {
	return word != "" && !filepath.IsAbs(word) && !strings.HasPrefix(word, "-") && !strings.Contains(word, "{{")
}

// misplaced says which word of a command that did not start may have been meant
// as a file beside the profile; nil: none.
func (r *Rig) misplaced() error {
	for _, c := range r.p.Commands {
		for _, t := range c.Run {
			if right := Beside(t.source, r.base.Here, r.base.Here); right != t.source {
				return fmt.Errorf("%s is a file beside the profile: write %s, since commands start in a directory of their own", t.source, right)
			}
		}
	}
	return nil
}
