// Package history holds what a run observed: its entries, the recorder that
// puts them into one total order, and the file they are kept in.
//
// A history is one JSONL file: a Header line, then one entry a line, then an
// End line. A file without an End line comes from a run that was cut off. All
// offsets are scenario time since the plan's start: in a real run at scale 60
// one real second counts as sixty.
//
// # The file
//
// Each line is one JSON object with a "kind". That of the first line is
// "header"; its other fields are those of Header. All other lines are flat and
// have a "seq", which counts from 1 without a gap. Names that end in _ns are
// whole nanoseconds since the plan's start. Endpoints and faults stand there
// by name. Where a field may be left out, that means 0, false or "". Fields
// may come in any order, and with spaces between them; a field that the kind
// does not have is an error.
//
//	kind       fields always there                            fields left out when zero
//	published  at_ns planned_ns called_ns key number try      incarnation late error
//	           outcome
//	attempt    endpoint disposition                           key number nth request conn first_ns
//	                                                          whole_ns answered_ns ended_ns bytes
//	                                                          status retry_after signature body
//	                                                          fault incarnation id trap resent
//	fault      at_ns fault what                               endpoints hits inferred
//	sender     at_ns what                                     incarnation detail
//	account    at_ns endpoint key number what                 detail
//	note       at_ns                                          note text
//	amend      at_ns request disposition
//	end        at_ns pending dropped unpublished              reason
//
// The fields mean what the fields of the Go types mean. Their words:
//
//	outcome         indeterminate accepted refused
//	disposition     unknown acked ambiguous refused aborted incomplete
//	signature body  none good bad missing stale
//	what (fault)    on off hits
//	what (sender)   start ready kill term exit crash pause resume pending gone
//	what (account)  unknown delivered pending failed
//	note            mark deploy traffic-end drain harness, and whatever else there is to say
//	reason          settled cap interrupted crashed
//
// The "id" of an attempt is 16 hexadecimal digits and the header's "seed" is
// text, since tools that hold numbers as float64 would round them. An attempt
// has first_ns (first byte of the request), whole_ns (all of it), answered_ns
// (first byte of the answer) and ended_ns instead of at_ns. An amend changes
// the disposition of all attempts of its request.
//
// With jq, and with DuckDB:
//
//	jq -c 'select(.kind == "attempt" and .status == 404)' history.jsonl
//	SELECT endpoint, count(*) FROM read_json('history.jsonl', sample_size = -1)
//	 WHERE kind = 'attempt' AND disposition = 'acked' GROUP BY ALL
package history
