package history

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"
	"time"
)

// decoder turns lines into the entries of a history.
type decoder struct {
	h         *History
	endpoints map[string]uint32
	faults    map[string]uint16
	row       row
	seq       uint32
	whole     int64         // bytes of the lines that are whole
	last      time.Duration // the newest offset of any entry
	// amends are the latest dispositions by request, with the lines that said so.
	amends map[uint32]amended
	err    error
}

type amended struct {
	disposition Disposition
	line        int
}

// entry takes one line behind the header.
func (d *decoder) entry(line []byte, number int) error {
	if d.h.End != nil {
		return errors.New("entry: behind the end")
	}
	if err := d.row.parse(line); err != nil {
		return fmt.Errorf("entry: %w", err)
	}
	r := &d.row
	if r.seen&(1<<fieldKind) == 0 {
		return errors.New("entry: no kind")
	}
	kind := r.text[fieldKind]
	d.err = nil
	switch string(kind) {
	case "attempt":
		d.attempt(r)
	case "published":
		d.published(r)
	case "fault":
		d.fault(r)
	case "sender":
		d.sender(r)
	case "account":
		d.account(r)
	case "note":
		d.note(r)
	case "amend":
		d.amend(r, number)
	case "end":
		d.end(r)
	default:
		return fmt.Errorf("entry: unknown kind %q", kind)
	}
	if d.err == nil {
		d.err = d.follows(r)
	}
	if d.err != nil {
		return fmt.Errorf("%s: %w", kind, d.err)
	}
	return nil
}

// follows refuses a sequence with a gap: the recorder leaves none, and a
// verdict on a history from which a line was taken would be about another run.
func (d *decoder) follows(r *row) error {
	seq := r.num[fieldSeq]
	if seq != int64(d.seq)+1 {
		return fmt.Errorf("seq %d follows %d", seq, d.seq)
	}
	d.seq = uint32(seq)
	d.last = max(d.last, r.offset(fieldAt), r.offset(fieldEnded))
	return nil
}

func (d *decoder) attempt(r *row) {
	if !d.has(r, attemptShape) {
		return
	}
	d.h.Attempts = append(d.h.Attempts, Attempt{})
	a := &d.h.Attempts[len(d.h.Attempts)-1]
	a.Seq = uint32(d.number(r, fieldSeq, math.MaxUint32))
	a.FirstByte, a.Whole = r.offset(fieldFirst), r.offset(fieldWhole)
	a.Answered, a.Ended = r.offset(fieldAnswered), r.offset(fieldEnded)
	a.ID = d.id(r)
	a.Request = uint32(d.number(r, fieldRequest, math.MaxUint32))
	a.Conn = uint32(d.number(r, fieldConn, math.MaxUint32))
	a.Endpoint = d.endpoint(r.text[fieldEndpoint])
	a.Key = uint32(d.number(r, fieldKey, math.MaxUint32))
	a.Number = uint32(d.number(r, fieldNumber, math.MaxUint32))
	a.Bytes = uint32(d.number(r, fieldBytes, math.MaxUint32))
	a.Nth = uint16(d.number(r, fieldNth, math.MaxUint16))
	a.Status = uint16(d.number(r, fieldStatus, math.MaxUint16))
	a.RetryAfter = uint16(d.number(r, fieldRetryAfter, math.MaxUint16))
	a.Incarnation = uint16(d.number(r, fieldIncarnation, math.MaxUint16))
	if r.has(fieldFault) {
		a.Fault = d.faultIndex(r) + 1
	}
	a.Disposition = Disposition(d.word(r, fieldDisposition, dispositionWords))
	a.Signature = Check(d.word(r, fieldSignature, checkWords))
	a.Body = Check(d.word(r, fieldBody, checkWords))
	a.Trap, a.Resent = r.isTrue(fieldTrap), r.isTrue(fieldResent)
}

func (d *decoder) published(r *row) {
	if !d.has(r, publishedShape) {
		return
	}
	d.h.Published = append(d.h.Published, Published{
		Seq: uint32(d.number(r, fieldSeq, math.MaxUint32)),
		At:  r.offset(fieldAt), Planned: r.offset(fieldPlanned), Called: r.offset(fieldCalled),
		Key:         uint32(d.number(r, fieldKey, math.MaxUint32)),
		Number:      uint32(d.number(r, fieldNumber, math.MaxUint32)),
		Try:         uint16(d.number(r, fieldTry, math.MaxUint16)),
		Incarnation: uint16(d.number(r, fieldIncarnation, math.MaxUint16)),
		Outcome:     Outcome(d.word(r, fieldOutcome, outcomeWords)),
		Late:        r.isTrue(fieldLate),
		Error:       r.string(fieldError),
	})
}

func (d *decoder) fault(r *row) {
	if !d.has(r, faultShape) {
		return
	}
	f := FaultEvent{
		Seq: uint32(d.number(r, fieldSeq, math.MaxUint32)), At: r.offset(fieldAt),
		Fault: d.faultIndex(r), What: FaultWhat(d.word(r, fieldWhat, faultWords)),
		Hits: int(d.number(r, fieldHits, math.MaxInt)), Inferred: r.isTrue(fieldInferred),
	}
	if r.has(fieldEndpoints) && len(r.list) > 0 {
		f.Endpoints = make([]uint32, 0, len(r.list))
		for _, name := range r.list {
			f.Endpoints = append(f.Endpoints, d.endpoint(name))
		}
	}
	d.h.Faults = append(d.h.Faults, f)
}

func (d *decoder) sender(r *row) {
	if !d.has(r, senderShape) {
		return
	}
	d.h.Senders = append(d.h.Senders, SenderEvent{
		Seq: uint32(d.number(r, fieldSeq, math.MaxUint32)), At: r.offset(fieldAt),
		What:        SenderWhat(d.word(r, fieldWhat, senderWords)),
		Incarnation: uint16(d.number(r, fieldIncarnation, math.MaxUint16)),
		Detail:      r.string(fieldDetail),
	})
}

func (d *decoder) account(r *row) {
	if !d.has(r, accountShape) {
		return
	}
	d.h.Accounts = append(d.h.Accounts, Account{
		Seq: uint32(d.number(r, fieldSeq, math.MaxUint32)), At: r.offset(fieldAt),
		Endpoint: d.endpoint(r.text[fieldEndpoint]),
		Key:      uint32(d.number(r, fieldKey, math.MaxUint32)),
		Number:   uint32(d.number(r, fieldNumber, math.MaxUint32)),
		State:    AccountState(d.word(r, fieldWhat, accountWords)),
		Said:     r.string(fieldDetail),
	})
}

func (d *decoder) note(r *row) {
	if !d.has(r, noteShape) {
		return
	}
	d.h.Notes = append(d.h.Notes, Note{
		Seq: uint32(d.number(r, fieldSeq, math.MaxUint32)), At: r.offset(fieldAt),
		Kind: r.string(fieldNote), Text: r.string(fieldText),
	})
}

func (d *decoder) amend(r *row, line int) {
	if !d.has(r, amendShape) {
		return
	}
	if d.amends == nil {
		d.amends = make(map[uint32]amended)
	}
	d.amends[uint32(d.number(r, fieldRequest, math.MaxUint32))] =
		amended{Disposition(d.word(r, fieldDisposition, dispositionWords)), line}
}

func (d *decoder) end(r *row) {
	if !d.has(r, endShape) {
		return
	}
	d.h.End = &End{
		Seq: uint32(d.number(r, fieldSeq, math.MaxUint32)), At: r.offset(fieldAt),
		Reason:      r.string(fieldReason),
		Pending:     int(r.num[fieldPending]),
		Dropped:     uint64(d.number(r, fieldDropped, math.MaxInt64)),
		Unpublished: int(r.num[fieldUnpublished]),
	}
}

// apply lets the amends take effect on the rows of their requests.
func (d *decoder) apply() (line int, err error) {
	if len(d.amends) == 0 {
		return 0, nil
	}
	used := make(map[uint32]bool, len(d.amends))
	for i := range d.h.Attempts {
		a := &d.h.Attempts[i]
		if amend, ok := d.amends[a.Request]; ok {
			a.Disposition = amend.disposition
			used[a.Request] = true
		}
	}
	for request, amend := range d.amends {
		if !used[request] && (line == 0 || amend.line < line) {
			line, err = amend.line, fmt.Errorf("amend: no attempt of request %d", request)
		}
	}
	return line, err
}

// has refuses a row with fields that its kind does not have, or without those
// that it always has.
func (d *decoder) has(r *row, s shape) bool {
	if missing := s.must &^ r.seen; missing != 0 {
		d.fail("no %s", fieldNames[bits.TrailingZeros64(missing)])
		return false
	}
	if alien := r.seen &^ (s.must | s.may); alien != 0 {
		d.fail("unknown field %q", fieldNames[bits.TrailingZeros64(alien)])
		return false
	}
	return true
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
}

func (d *decoder) number(r *row, f field, most int64) int64 {
	if !r.has(f) {
		return 0
	}
	n := r.num[f]
	if n < 0 || n > most {
		d.fail("%s: %d out of range", fieldNames[f], n)
	}
	return n
}

func (d *decoder) word(r *row, f field, words []string) uint8 {
	if !r.has(f) {
		return 0
	}
	v, ok := wordValue(words, r.text[f])
	if !ok {
		d.fail("%s: unknown word %q", fieldNames[f], r.text[f])
	}
	return v
}

func (d *decoder) endpoint(name []byte) uint32 {
	i, ok := d.endpoints[string(name)]
	if !ok {
		d.fail("endpoint %q is not in the header", name)
	}
	return i
}

func (d *decoder) faultIndex(r *row) uint16 {
	i, ok := d.faults[string(r.text[fieldFault])]
	if !ok {
		d.fail("fault %q is not in the header", r.text[fieldFault])
	}
	return i
}

func (d *decoder) id(r *row) uint64 {
	if !r.has(fieldID) {
		return 0
	}
	text := r.text[fieldID]
	var id uint64
	ok := len(text) == 16
	for _, c := range text {
		digit := strings.IndexByte(hexDigits, c)
		ok = ok && digit >= 0
		id = id<<4 | uint64(digit)
	}
	if !ok {
		d.fail("id: %q is not 16 hexadecimal digits", text)
	}
	return id
}

func (r *row) has(f field) bool { return r.seen&(1<<f) != 0 }

func (r *row) offset(f field) time.Duration {
	if !r.has(f) {
		return 0
	}
	return time.Duration(r.num[f])
}

func (r *row) isTrue(f field) bool { return r.has(f) && r.num[f] != 0 }

func (r *row) string(f field) string {
	if !r.has(f) {
		return ""
	}
	return string(r.text[f])
}
