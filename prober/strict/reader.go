package strict

// Format is what is particular to a file format beyond its keys.
type Format struct {
	// Name names one file of it, with its article: "a scenario file".
	Name string
	// Root names the outermost mapping in messages; it may be empty.
	Root string
	// Aliases allows YAML's anchors and aliases.
	Aliases bool
	// Wants words messages as `want x, got y`, as those of profiles have
	// always been, in place of `must be x, not y`.
	Wants bool
}

// Reader reads one file.
type Reader struct {
	Problems
	Format
}

// NewReader returns a reader of a format. file is its name in messages.
func NewReader(file string, f Format) *Reader { return &Reader{Problems{File: file}, f} }

// Read reads a whole file, and returns its outermost node; nil where it could
// not be read as a document. Err then tells why, and what else is wrong.
func (r *Reader) Read(text []byte, v Value) *Node {
	root := r.Document(text)
	if root != nil {
		v.Read(r, root, "")
	}
	return root
}

// Wrong notes that n is not what is wanted there, such as "a list".
func (r *Reader) Wrong(n *Node, what, want string) {
	if r.Wants {
		r.Add(n.Pos, r.named(what), "want %s, got %s", want, n)
		return
	}
	r.Add(n.Pos, r.named(what), "must be %s, not %s", want, n)
}

func (r *Reader) unknownKey(key *Node, what string, known []string) {
	if r.Wants {
		r.Add(key.Pos, "", "unknown key %q in %s%s", key.Text, r.named(what), hint(key.Text, known))
		return
	}
	r.AddErr(key.Pos, r.named(what), Unknown("key", key.Text, known))
}

func (r *Reader) twice(key, first *Node, what string) {
	r.Add(key.Pos, r.named(what), "key %q stands here twice; the first is on line %d", key.Text, first.Line)
}

func (r *Reader) named(what string) string {
	if what == "" {
		return r.Root
	}
	return what
}
