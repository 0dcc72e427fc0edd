package history

import (
	"strconv"
	"unicode/utf8"
)

// names are the JSON strings, with their quotes, that stand for the indexes
// of endpoints and faults.
type names struct{ endpoints, faults []string }

func newNames(h Header) names {
	quoted := func(list []string) []string {
		out := make([]string, len(list))
		for i, s := range list {
			out[i] = string(appendString(nil, s))
		}
		return out
	}
	return names{endpoints: quoted(h.Endpoints), faults: quoted(h.Faults)}
}

// The append functions add one line, and report false for an entry that the
// file cannot hold: an index or a value without a name.

func (n *names) published(b []byte, p *Published) ([]byte, bool) {
	outcome := p.Outcome.String()
	b = open(b, "published", p.Seq)
	b = appendInt(b, `,"at_ns":`, int64(p.At))
	b = appendInt(b, `,"planned_ns":`, int64(p.Planned))
	b = appendInt(b, `,"called_ns":`, int64(p.Called))
	b = appendInt(b, `,"key":`, int64(p.Key))
	b = appendInt(b, `,"number":`, int64(p.Number))
	b = appendInt(b, `,"try":`, int64(p.Try))
	b = appendNonZero(b, `,"incarnation":`, int64(p.Incarnation))
	b = appendWord(b, `,"outcome":"`, outcome)
	b = appendTrue(b, `,"late":true`, p.Late)
	b = appendText(b, `,"error":`, p.Error)
	return shut(b), outcome != ""
}

func (n *names) attempt(b []byte, a *Attempt) ([]byte, bool) {
	disposition, signature, body := a.Disposition.String(), a.Signature.String(), a.Body.String()
	if int(a.Endpoint) >= len(n.endpoints) || int(a.Fault) > len(n.faults) ||
		disposition == "" || signature == "" || body == "" {
		return b, false
	}
	b = open(b, "attempt", a.Seq)
	b = append(b, `,"endpoint":`...)
	b = append(b, n.endpoints[a.Endpoint]...)
	if a.Key != 0 || a.Number != 0 {
		b = appendInt(b, `,"key":`, int64(a.Key))
		b = appendInt(b, `,"number":`, int64(a.Number))
	}
	b = appendNonZero(b, `,"nth":`, int64(a.Nth))
	b = appendNonZero(b, `,"request":`, int64(a.Request))
	b = appendNonZero(b, `,"conn":`, int64(a.Conn))
	b = appendNonZero(b, `,"first_ns":`, int64(a.FirstByte))
	b = appendNonZero(b, `,"whole_ns":`, int64(a.Whole))
	b = appendNonZero(b, `,"answered_ns":`, int64(a.Answered))
	b = appendNonZero(b, `,"ended_ns":`, int64(a.Ended))
	b = appendNonZero(b, `,"bytes":`, int64(a.Bytes))
	b = appendNonZero(b, `,"status":`, int64(a.Status))
	b = appendNonZero(b, `,"retry_after":`, int64(a.RetryAfter))
	b = appendWord(b, `,"disposition":"`, disposition)
	if a.Signature != CheckNone {
		b = appendWord(b, `,"signature":"`, signature)
	}
	if a.Body != CheckNone {
		b = appendWord(b, `,"body":"`, body)
	}
	if a.Fault != 0 {
		b = append(b, `,"fault":`...)
		b = append(b, n.faults[a.Fault-1]...)
	}
	b = appendNonZero(b, `,"incarnation":`, int64(a.Incarnation))
	b = appendID(b, a.ID)
	b = appendTrue(b, `,"trap":true`, a.Trap)
	b = appendTrue(b, `,"resent":true`, a.Resent)
	return shut(b), true
}

func (n *names) fault(b []byte, f *FaultEvent) ([]byte, bool) {
	what := f.What.String()
	if int(f.Fault) >= len(n.faults) || what == "" || f.Hits < 0 {
		return b, false
	}
	b = open(b, "fault", f.Seq)
	b = appendInt(b, `,"at_ns":`, int64(f.At))
	b = append(b, `,"fault":`...)
	b = append(b, n.faults[f.Fault]...)
	b = appendWord(b, `,"what":"`, what)
	for i, e := range f.Endpoints {
		if int(e) >= len(n.endpoints) {
			return b, false
		}
		if i == 0 {
			b = append(b, `,"endpoints":[`...)
		} else {
			b = append(b, ',')
		}
		b = append(b, n.endpoints[e]...)
	}
	if len(f.Endpoints) > 0 {
		b = append(b, ']')
	}
	b = appendNonZero(b, `,"hits":`, int64(f.Hits))
	b = appendTrue(b, `,"inferred":true`, f.Inferred)
	return shut(b), true
}

func (n *names) sender(b []byte, s *SenderEvent) ([]byte, bool) {
	what := s.What.String()
	b = open(b, "sender", s.Seq)
	b = appendInt(b, `,"at_ns":`, int64(s.At))
	b = appendWord(b, `,"what":"`, what)
	b = appendNonZero(b, `,"incarnation":`, int64(s.Incarnation))
	b = appendText(b, `,"detail":`, s.Detail)
	return shut(b), what != ""
}

func (n *names) account(b []byte, a *Account) ([]byte, bool) {
	state := a.State.String()
	if int(a.Endpoint) >= len(n.endpoints) || state == "" {
		return b, false
	}
	b = open(b, "account", a.Seq)
	b = appendInt(b, `,"at_ns":`, int64(a.At))
	b = append(b, `,"endpoint":`...)
	b = append(b, n.endpoints[a.Endpoint]...)
	b = appendInt(b, `,"key":`, int64(a.Key))
	b = appendInt(b, `,"number":`, int64(a.Number))
	b = appendWord(b, `,"what":"`, state)
	b = appendText(b, `,"detail":`, a.Said)
	return shut(b), true
}

func (n *names) note(b []byte, t *Note) ([]byte, bool) {
	b = open(b, "note", t.Seq)
	b = appendInt(b, `,"at_ns":`, int64(t.At))
	b = appendText(b, `,"note":`, t.Kind)
	b = appendText(b, `,"text":`, t.Text)
	return shut(b), true
}

func (n *names) amend(b []byte, a *Amend) ([]byte, bool) {
	disposition := a.Disposition.String()
	b = open(b, "amend", a.Seq)
	b = appendInt(b, `,"at_ns":`, int64(a.At))
	b = appendInt(b, `,"request":`, int64(a.Request))
	b = appendWord(b, `,"disposition":"`, disposition)
	return shut(b), disposition != ""
}

func (n *names) end(b []byte, e *End) ([]byte, bool) {
	b = open(b, "end", e.Seq)
	b = appendInt(b, `,"at_ns":`, int64(e.At))
	b = appendText(b, `,"reason":`, e.Reason)
	b = appendInt(b, `,"pending":`, int64(e.Pending))
	b = append(b, `,"dropped":`...)
	b = strconv.AppendUint(b, e.Dropped, 10)
	b = appendInt(b, `,"unpublished":`, int64(e.Unpublished))
	return shut(b), true
}

// open begins a line. The canonical form has no sequence, and asks for it by 0.
func open(b []byte, kind string, seq uint32) []byte {
	b = append(b, `{"kind":"`...)
	b = append(b, kind...)
	b = append(b, '"')
	return appendNonZero(b, `,"seq":`, int64(seq))
}

func shut(b []byte) []byte { return append(b, '}', '\n') }

func appendInt(b []byte, name string, v int64) []byte {
	return strconv.AppendInt(append(b, name...), v, 10)
}

func appendNonZero(b []byte, name string, v int64) []byte {
	if v == 0 {
		return b
	}
	return appendInt(b, name, v)
}

func appendTrue(b []byte, text string, v bool) []byte {
	if !v {
		return b
	}
	return append(b, text...)
}

func appendWord(b []byte, name, word string) []byte {
	b = append(b, name...)
	b = append(b, word...)
	return append(b, '"')
}

func appendText(b []byte, name, s string) []byte {
	if s == "" {
		return b
	}
	return appendString(append(b, name...), s)
}

const hexDigits = "0123456789abcdef"

// appendID writes the hash as text: 64 bits do not survive the floating-point
// numbers of jq.
func appendID(b []byte, id uint64) []byte {
	if id == 0 {
		return b
	}
	b = append(b, `,"id":"`...)
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, hexDigits[id>>shift&15])
	}
	return append(b, '"')
}

// appendString appends s as a JSON string. Bytes that are not UTF-8 become
// U+FFFD, as in encoding/json: an error text of a broken sender may hold any.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20 || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += size
			continue
		}
		i++
	}
	return append(b, '"')
}
