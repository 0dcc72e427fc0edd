package plan

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/hookdrill/hookdrill/chaos"
)

// WriteFaults writes the reference of all kinds of fault, as Markdown, from
// the registry that scenario files are read with.
func WriteFaults(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, `# Faults

What can go wrong at an endpoint. This page is generated from the registry
(`+"`hookdrill reference faults`"+`); a test keeps it fresh.

Any fault can be limited: by `+"`where`"+` (labels), `+"`keys`, `attempts`"+` of a delivery
(`+"`1`, `1-3`, `every 4th`, `p=0.2`), `limit`"+`, and a window (`+"`at` or `when`, `for` or `until`"+`).
Faults that act before a request is read know nothing of its key or attempt.
`)
	for _, k := range chaos.Kinds() {
		fmt.Fprintf(b, "\n## %s\n\n%s\n\nActs %s. A correct sender: %s\n", k.Name, sentence(k.Doc), actsAt(k.Layer), sentence(k.Expect))
		writeParams(b, k.Params)
	}
	return b.Flush()
}

// WriteGuarantees writes the reference of all guarantees, as Markdown.
func WriteGuarantees(w io.Writer, kinds []GuaranteeKind) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, `# Guarantees

What can be asked of a sender. This page is generated from the registry
(`+"`hookdrill reference guarantees`"+`); a test keeps it fresh.

Each is pass, fail, unknown (there was nothing to look at, or no proof) or
not-applicable (the sender's policy does not promise it).
`)
	for _, k := range kinds {
		fmt.Fprintf(b, "\n## %s\n\n%s\n", k.Name, sentence(k.Doc))
		params := k.Params
		if k.Where {
			params = append([]chaos.Param{{Name: "where", Doc: "labels of the endpoints that it is about; all without it"}}, params...)
		}
		writeParams(b, params)
	}
	return b.Flush()
}

func writeParams(w io.Writer, params []chaos.Param) {
	if len(params) == 0 {
		return
	}
	fmt.Fprint(w, "\n| parameter | type | default | |\n|---|---|---|---|\n")
	for _, p := range flat("", params) {
		fmt.Fprintf(w, "| `%s` | %s | %s | %s |\n", p.Name, typeName(p), defaultOf(p), strings.ReplaceAll(p.Doc, "|", `\|`))
	}
}

// flat lists parameters with those within them, by dotted names.
func flat(prefix string, params []chaos.Param) []chaos.Param {
	var all []chaos.Param
	for _, p := range params {
		p.Name = prefix + p.Name
		all = append(all, p)
		all = append(all, flat(p.Name+".", p.Fields)...)
	}
	return all
}

func defaultOf(p chaos.Param) string {
	switch {
	case p.Required:
		return "required"
	case p.Default == "":
		return ""
	default:
		return "`" + p.Default + "`"
	}
}

func typeName(p chaos.Param) string {
	if len(p.OneOf) > 0 {
		return strings.Join(p.OneOf, ", ")
	}
	switch p.Type {
	case chaos.TypeString:
		return "text"
	case chaos.TypeInt:
		return "number"
	case chaos.TypeFloat:
		return "fraction"
	case chaos.TypeBool:
		return "true or false"
	case chaos.TypeDuration:
		return "duration"
	case chaos.TypeSize:
		return "size"
	case chaos.TypeHeaders:
		return "headers"
	case chaos.TypeDistribution:
		return "distribution"
	case chaos.TypeFaults:
		return "list of faults"
	case chaos.TypeParams:
		return "mapping"
	default:
		return "labels"
	}
}

func actsAt(l chaos.Layer) string {
	switch l {
	case chaos.LayerConnect:
		return "before there is a connection"
	case chaos.LayerRequest:
		return "on the request's headers"
	default:
		return "on the whole request"
	}
}

// sentence gives a doc line of the registry its capital and its full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
