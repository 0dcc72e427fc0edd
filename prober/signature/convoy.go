package signature

// Convoy signs in one of two ways, which an endpoint's advanced_signatures
// chooses. Hash and encoding are a project's choice: here they are SHA256 and
// hex. The header with the delivery's id is there where a project has
// add_event_id_trace_headers.
const (
	convoyHeader = "X-Convoy-Signature"
	convoyID     = "X-Convoy-Eventdelivery-Id"
)

func convoySimple() Scheme {
	return overBody{name: "convoy-simple", header: convoyHeader, id: convoyID}
}

func convoyAdvanced() Scheme {
	return overTime{name: "convoy-advanced", header: convoyHeader, separator: ",", id: convoyID}
}
