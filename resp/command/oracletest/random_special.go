package oracletest

import (
	"maps"
	"slices"
	"strings"
)

// soon is a time to live in milliseconds, for what is to be found expired by the next command.
const soon = "7"

// thresholds are the parameters that decide on encodings, with what they are set to while a sequence runs.
var thresholds = map[string][]string{
	"hash-max-listpack-entries": {"0", "1", "5", "128"},
	"hash-max-listpack-value":   {"0", "2", "20", "64", "10000"},
	"zset-max-listpack-entries": {"0", "1", "5", "128"},
	"zset-max-listpack-value":   {"0", "2", "20", "64", "10000"},
	"set-max-intset-entries":    {"0", "1", "4", "512"},
	"list-max-listpack-size":    {"-1", "-2", "-5", "1", "2", "5", "128"},
	"hll-sparse-max-bytes":      {"0", "20", "3000", "16000"},
	"stream-node-max-entries":   {"0", "1", "4", "100"},
	"stream-node-max-bytes":     {"0", "50", "300", "4096"},
	"notify-keyspace-events":    {"", "KEA", "KEAnm", "Kx", "Eglsh$", "KEAm"},
}

var thresholdNames = slices.Sorted(maps.Keys(thresholds))

// special writes a command that its specification alone does not make interesting.
func (w *Writer) special() []string {
	w.cmd = &Command{}
	switch w.IntN(6) {
	case 0, 3:
		name := w.pick(thresholdNames)
		return []string{"CONFIG", "SET", name, w.pick(thresholds[name])}
	case 1, 2:
		words := []string{"RESTORE", w.key(), w.pick([]string{"0", "0", "0", "100000", soon, "-1"}), w.pick([]string{dumpOfA, dumpOfB}) + w.key()}
		for w.IntN(2) == 0 {
			words = append(words, strings.Fields(w.pick([]string{"REPLACE", "REPLACE", "ABSTTL", "IDLETIME 5", "FREQ 3", "IDLETIME -1", "FREQ 256"}))...)
		}
		return words
	}
	return w.soonGone(w.key())
}

// soonGone writes a command after which a key expires.
func (w *Writer) soonGone(key string) []string {
	switch w.IntN(5) {
	case 0:
		return []string{"SET", key, w.pick(elements), "PX", soon}
	case 1:
		return []string{"PSETEX", key, soon, w.pick(elements)}
	case 2:
		return []string{"GETEX", key, "PX", soon}
	}
	return []string{"PEXPIRE", key, soon}
}

// tellsOfExistence reports whether a message to a subscriber of patterns is a notification that a key is there, or not any more.
func tellsOfExistence(message Frame) bool {
	return slices.ContainsFunc(message.texts(), func(text string) bool {
		_, event, ok := strings.Cut(text, "__:")
		if !ok {
			event = text
		}
		return slices.Contains([]string{"new", "del", "expired", "keymiss"}, event)
	})
}

// expiresSoon reports whether a command may leave a key that expires after a few milliseconds.
func expiresSoon(words []string) bool {
	return slices.Contains(words, soon) && slices.ContainsFunc(words, func(word string) bool { return setsDeadline(word) || strings.EqualFold(word, "RESTORE") })
}
