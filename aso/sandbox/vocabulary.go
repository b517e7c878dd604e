package sandbox

import (
	"slices"
	"strings"
)

// events is a set of handlers.
type events uint16

func eventsOf(hs ...Handler) (set events) {
	for _, h := range hs {
		set |= 1 << h
	}
	return set
}

var (
	everyEvent = events(1<<handlerCount - 1)
	byTimer    = eventsOf(OnTimer, OnError)
	byCommand  = eventsOf(OnPut, OnUpdate, OnGet, OnDelete, OnMessage, OnAttach, OnError) // ev.cmd and what else a command tells
)

// eventFields are the fields of ev, with the handlers that find something there. The host makes them.
var eventFields = map[string]events{
	"id": everyEvent, "now": everyEvent, "ttl": everyEvent,
	"cmd": byCommand, "args": byCommand, "fields": byCommand, "user": byCommand, "addr": byCommand, "client": byCommand,
	"old": eventsOf(OnUpdate, OnDelete), "new": eventsOf(OnPut, OnUpdate),
	"message": eventsOf(OnMessage, OnError), "payload": eventsOf(OnMessage, OnGet, OnError), "from": eventsOf(OnMessage, OnError, OnAttach),
	"hops": eventsOf(OnMessage, OnError), "cause": eventsOf(OnMessage, OnError), "reply_to": eventsOf(OnMessage), "error": eventsOf(OnMessage, OnError),
	"timer": byTimer, "due": byTimer, "late": byTimer, "attempt": byTimer | eventsOf(OnMessage), "missed": byTimer, "data": byTimer,
	"failed": eventsOf(OnError),
}

// timerOptions are the options of self:timer.
var timerOptions = []string{"in_ms", "at", "every", "cron", "tz", "jitter", "catchup", "retry", "count", "until_ms", "data"}

// selfFields are the fields of self that are no methods.
var selfFields = []string{"key", "type", "value", "params", "state"}

// verdicts says which decisions a handler may return. Any other is ignored.
var verdicts = [handlerCount][]Verdict{
	OnPut:     {Replace, Deny, Keep},
	OnUpdate:  {Replace, Deny, Keep},
	OnGet:     {Replace, Deny, Missing},
	OnDelete:  {Deny, Keep},
	OnExpire:  {Deny, Keep},
	OnEvict:   nil,
	OnTimer:   {Deny},
	OnMessage: {Replace, Deny, Wait},
	OnAttach:  {Deny},
	OnError:   nil,
}

// libraryNames returns the names in a library table, or those of the globals for "".
func libraryNames(library string) (names []string) {
	prefix := library + "."
	for path := range stdlib.values {
		switch {
		case library == "" && !strings.Contains(path, "."):
			names = append(names, path)
		case library != "" && strings.HasPrefix(path, prefix):
			names = append(names, path[len(prefix):])
		}
	}
	slices.Sort(names)
	return names
}

func isLibrary(name string) bool {
	return stdlib.values[name].Table() != nil && name != "_G"
}

// instead says what a handler uses instead of what other Luas have.
var instead = map[string]string{
	"print": "log(text)", "redis": "self:call(command, ...)", "os": "now() or ev.now", "KEYS": "self.key", "ARGV": "ev.args or ev.payload",
}

// handlerHint says what to do about a global function that is no handler.
func handlerHint(name string) string {
	if near := nearest(name, handlerNames[:]); near != "" {
		return "did you mean " + near + "?"
	}
	return "helpers must be local functions"
}

// didYouMean is the end of a message about an unknown name.
func didYouMean(name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return ": did you mean " + near + "?"
	}
	return ""
}

// nearest returns the name that is most like a misspelt one, or "" if none is much like it.
func nearest(name string, known []string) (found string) {
	if len(name) > 40 {
		return ""
	}
	best := 1 + max(1, len(name)/4)
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < best && d < len(k) {
			found, best = k, d
		}
	}
	return found
}

// distance is the number of letters to insert, remove, replace or swap with their neighbours.
func distance(a, b string) int {
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			cost := row[j]
			if a[i] != b[j] {
				cost++
			}
			next[j+1] = min(cost, next[j]+1, row[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
