package history

// field is the name of a value in the file. All kinds share one set of names,
// and a name means the same in each, so that a table made of the whole file
// has one column for it.
type field uint8

const (
	fieldNone field = iota
	fieldKind
	fieldSeq
	fieldAt
	fieldPlanned
	fieldCalled
	fieldKey
	fieldNumber
	fieldTry
	fieldIncarnation
	fieldOutcome
	fieldLate
	fieldError
	fieldEndpoint
	fieldNth
	fieldRequest
	fieldConn
	fieldFirst
	fieldWhole
	fieldAnswered
	fieldEnded
	fieldBytes
	fieldStatus
	fieldRetryAfter
	fieldDisposition
	fieldSignature
	fieldBody
	fieldFault
	fieldID
	fieldTrap
	fieldResent
	fieldWhat
	fieldEndpoints
	fieldHits
	fieldInferred
	fieldDetail
	fieldNote
	fieldText
	fieldReason
	fieldPending
	fieldDropped
	fieldUnpublished
	fieldCount
)

var fieldNames = [fieldCount]string{"", "kind", "seq", "at_ns", "planned_ns", "called_ns", "key", "number", "try",
	"incarnation", "outcome", "late", "error", "endpoint", "nth", "request", "conn", "first_ns", "whole_ns",
	"answered_ns", "ended_ns", "bytes", "status", "retry_after", "disposition", "signature", "body", "fault", "id",
	"trap", "resent", "what", "endpoints", "hits", "inferred", "detail", "note", "text", "reason", "pending",
	"dropped", "unpublished"}

// fieldOf is a switch, not a map: it is asked fifteen times a line.
func fieldOf(name []byte) field { //nolint:funlen // a table
	switch string(name) {
	case "kind":
		return fieldKind
	case "seq":
		return fieldSeq
	case "at_ns":
		return fieldAt
	case "planned_ns":
		return fieldPlanned
	case "called_ns":
		return fieldCalled
	case "key":
		return fieldKey
	case "number":
		return fieldNumber
	case "try":
		return fieldTry
	case "incarnation":
		return fieldIncarnation
	case "outcome":
		return fieldOutcome
	case "late":
		return fieldLate
	case "error":
		return fieldError
	case "endpoint":
		return fieldEndpoint
	case "nth":
		return fieldNth
	case "request":
		return fieldRequest
	case "conn":
		return fieldConn
	case "first_ns":
		return fieldFirst
	case "whole_ns":
		return fieldWhole
	case "answered_ns":
		return fieldAnswered
	case "ended_ns":
		return fieldEnded
	case "bytes":
		return fieldBytes
	case "status":
		return fieldStatus
	case "retry_after":
		return fieldRetryAfter
	case "disposition":
		return fieldDisposition
	case "signature":
		return fieldSignature
	case "body":
		return fieldBody
	case "fault":
		return fieldFault
	case "id":
		return fieldID
	case "trap":
		return fieldTrap
	case "resent":
		return fieldResent
	case "what":
		return fieldWhat
	case "endpoints":
		return fieldEndpoints
	case "hits":
		return fieldHits
	case "inferred":
		return fieldInferred
	case "detail":
		return fieldDetail
	case "note":
		return fieldNote
	case "text":
		return fieldText
	case "reason":
		return fieldReason
	case "pending":
		return fieldPending
	case "dropped":
		return fieldDropped
	case "unpublished":
		return fieldUnpublished
	}
	return fieldNone
}

type fieldType uint8

const (
	typeNumber fieldType = iota
	typeText
	typeTrue
	typeList
)

// fieldTypes names the type of what is not a number.
var fieldTypes = [fieldCount]fieldType{
	fieldKind: typeText, fieldOutcome: typeText, fieldError: typeText, fieldEndpoint: typeText,
	fieldDisposition: typeText, fieldSignature: typeText, fieldBody: typeText, fieldFault: typeText,
	fieldID: typeText, fieldWhat: typeText, fieldDetail: typeText, fieldNote: typeText, fieldText: typeText,
	fieldReason: typeText, fieldLate: typeTrue, fieldTrap: typeTrue, fieldResent: typeTrue,
	fieldInferred: typeTrue, fieldEndpoints: typeList,
}

func set(fields ...field) uint64 {
	var s uint64
	for _, f := range fields {
		s |= 1 << f
	}
	return s
}

// shape says which fields a kind must have and which it may have besides.
type shape struct{ must, may uint64 }

var (
	publishedShape = shape{
		set(fieldKind, fieldSeq, fieldAt, fieldPlanned, fieldCalled, fieldKey, fieldNumber, fieldTry, fieldOutcome),
		set(fieldIncarnation, fieldLate, fieldError)}
	attemptShape = shape{set(fieldKind, fieldSeq, fieldEndpoint, fieldDisposition),
		set(fieldKey, fieldNumber, fieldNth, fieldRequest, fieldConn, fieldFirst, fieldWhole, fieldAnswered,
			fieldEnded, fieldBytes, fieldStatus, fieldRetryAfter, fieldSignature, fieldBody, fieldFault,
			fieldIncarnation, fieldID, fieldTrap, fieldResent)}
	faultShape = shape{set(fieldKind, fieldSeq, fieldAt, fieldFault, fieldWhat),
		set(fieldEndpoints, fieldHits, fieldInferred)}
	senderShape  = shape{set(fieldKind, fieldSeq, fieldAt, fieldWhat), set(fieldIncarnation, fieldDetail)}
	accountShape = shape{set(fieldKind, fieldSeq, fieldAt, fieldEndpoint, fieldKey, fieldNumber, fieldWhat), set(fieldDetail)}
	noteShape    = shape{set(fieldKind, fieldSeq, fieldAt), set(fieldNote, fieldText)}
	amendShape   = shape{set(fieldKind, fieldSeq, fieldAt, fieldRequest, fieldDisposition), 0}
	endShape     = shape{set(fieldKind, fieldSeq, fieldAt, fieldPending, fieldDropped, fieldUnpublished),
		set(fieldReason)}
)
