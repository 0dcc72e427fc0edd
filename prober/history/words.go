package history

// The words of the file, indexed by value. An empty word is never written and
// never accepted: it is the zero value of a kind that has none.
var (
	outcomeWords     = []string{"indeterminate", "accepted", "refused"}
	dispositionWords = []string{"unknown", "acked", "ambiguous", "refused", "aborted", "incomplete"}
	checkWords       = []string{"none", "good", "bad", "missing", "stale"}
	faultWords       = []string{"", "on", "off", "hits"}
	senderWords      = []string{"", "start", "ready", "kill", "term", "exit", "crash", "pause", "resume", "pending", "gone", "scale"}
	accountWords     = []string{"unknown", "delivered", "pending", "failed"}
)

// String returns the outcome's word in the file.
func (o Outcome) String() string { return word(outcomeWords, uint8(o)) }

// String returns the disposition's word in the file; AnsweredNo is "refused".
func (d Disposition) String() string { return word(dispositionWords, uint8(d)) }

// String returns the check's word in the file.
func (c Check) String() string { return word(checkWords, uint8(c)) }

// String returns the word for it in the file.
func (w FaultWhat) String() string { return word(faultWords, uint8(w)) }

// String returns the word for it in the file.
func (w SenderWhat) String() string { return word(senderWords, uint8(w)) }

// String returns the state's word in the file.
func (s AccountState) String() string { return word(accountWords, uint8(s)) }

// word returns "" for a value that has no word.
func word(words []string, value uint8) string {
	if int(value) >= len(words) {
		return ""
	}
	return words[value]
}

// wordValue is the inverse of word.
func wordValue(words []string, text []byte) (uint8, bool) {
	for i, w := range words {
		if w == string(text) && w != "" {
			return uint8(i), true
		}
	}
	return 0, false
}
