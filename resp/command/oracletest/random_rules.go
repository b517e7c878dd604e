package oracletest

import (
	"slices"
	"strings"
)

// groupsOut are the groups of commands that random sequences leave out, with the reason.
var groupsOut = map[string]string{
	"scripting": "random scripts have a test of their own",
	"cluster":   "there is no cluster",
	"server":    "most is about the process, not the keys",
}

// commandsOut are the commands that random sequences leave out, with the reason.
var commandsOut = map[string]string{
	"auth":         "no users are set up; ACL has random tests of its own",
	"client":       "connections differ in their numbers and addresses",
	"quit":         "it ends the connection",
	"psubscribe":   "replies of a subscribed connection come at any time",
	"ssubscribe":   "as psubscribe",
	"subscribe":    "as psubscribe",
	"punsubscribe": "as psubscribe",
	"sunsubscribe": "as psubscribe",
	"unsubscribe":  "as psubscribe",
	"migrate":      "it needs a second server",
	"restore":      "random payloads are refused; it is sent with dumps",
	"pfselftest":   "it takes Redis seconds",
}

// commandsIn are the commands of left out groups that can be compared nevertheless.
var commandsIn = []string{
	"dbsize", "flushdb", "flushall", "swapdb", "command|getkeys", "command|getkeysandflags", "role", "module|list",
	"client|getname", "client|setname", "client|getredir", "client|trackinginfo", "client|unblock", "client|no-evict",
	"latency|history", "latency|latest", "latency|reset", "script|exists",
}

// leftOut reports whether random sequences leave a command out, and why.
func leftOut(name, group string) (reason string, out bool) {
	if slices.Contains(commandsIn, name) {
		return "", false
	}
	container, _, _ := strings.Cut(name, "|")
	if reason, out = commandsOut[container]; out {
		return reason, true
	}
	if strings.HasSuffix(name, "|help") {
		return "the texts are compared by the recordings", true
	}
	reason, out = groupsOut[group]
	return reason, out
}

// knownToDiffer reports whether a recording states that the replies to a command differ, or whether Redis would find the expired as keys of type none.
func knownToDiffer(words []string) bool {
	if strings.EqualFold(words[0], "SCAN") && slices.Contains(words, "none") {
		return true
	}
	stores := 0
	for _, word := range words {
		if strings.EqualFold(word, "STORE") || strings.EqualFold(word, "STOREDIST") {
			stores++
		}
	}
	return strings.HasPrefix(words[0], "GEORADIUS") && stores > 1 // a key to store at that is given twice
}

// byErrno reports whether a reply of Redis is the error that SORT takes from an earlier command, as it never resets errno.
func byErrno(f Frame) bool {
	return strings.Contains(f.Text, "One or more scores can't be converted") || slices.ContainsFunc(f.Items, byErrno)
}

// rangeError reports whether a command has a number that leaves ERANGE in errno.
func rangeError(steps []Sent) bool {
	return slices.ContainsFunc(steps, func(s Sent) bool { return slices.Contains(s.Words, "1e400") || slices.Contains(s.Words, "1e-320") })
}

// lastingMS is by how much times may differ: both servers run the same sequence, each at its own pace.
const lastingMS = 3000

// rule says how replies are compared.
type rule int

const (
	exact    rule = iota
	unsorted      // elements come in any order
	pairs         // fields with their values come in any order
	mapped        // as unsorted and timed: Lua keeps the map of a reply in an order of its own
	timed         // numbers may be a little apart
	shaped        // chance: only the type, and the number of elements, are the same
	chance        // only the type is the same
	scanned       // an order of its own: only replies that have everything are compared
)

// rules of the replies of commands that are not compared byte for byte. The first five depend on the order of a hash table, which
// differs from run to run of Redis itself.
var rules = map[string]rule{
	"SMEMBERS": unsorted, "SINTER": unsorted, "SUNION": unsorted, "SDIFF": unsorted, "KEYS": unsorted,
	"HKEYS": unsorted, "HVALS": unsorted, "HGETALL": pairs,
	"SPOP": shaped, "SRANDMEMBER": shaped, "HRANDFIELD": shaped, "ZRANDMEMBER": shaped, "RANDOMKEY": shaped, "DUMP": shaped, "HELLO": shaped,
	"SCAN": scanned, "HSCAN": scanned, "SSCAN": scanned, "ZSCAN": scanned,
	"TTL": timed, "PTTL": timed, "EXPIRETIME": timed, "PEXPIRETIME": timed,
	"XPENDING": timed, "XINFO": timed, "OBJECT": timed,
}

func ruleOf(words []string) rule {
	command := ofScript(words)
	r := ruleOfCommand(command)
	if (r == exact || r == timed) && len(command) < len(words) && words[1] == mapScript {
		return mapped
	}
	return r
}

func ruleOfCommand(words []string) rule {
	name := strings.ToUpper(words[0])
	r := rules[name]
	if isSort(words) && ordersByChance(words) {
		return chance
	}
	at := 2 // of the cursor
	if name == "SCAN" {
		at = 1
	}
	if r == scanned && len(words) > at && words[at] != "0" {
		return chance // nobody was given this cursor
	}
	return r
}

// ofScript returns the command that a script is given to run, or words if they are none.
func ofScript(words []string) []string {
	if len(words) > 3 && slices.Contains(scripts, words[1]) {
		return words[3:]
	}
	return words
}

// same compares the replies of two servers to one command.
func (r rule) same(a, b Frame) bool {
	if a.Kind == Error || b.Kind == Error {
		return Modifiers{}.Equal(a, b)
	}
	switch r {
	case unsorted:
		return Modifiers{Sort: 1}.Equal(a, b)
	case pairs:
		return Modifiers{Sort: 2}.Equal(a, b)
	case mapped:
		return Modifiers{Sort: 1, Approx: lastingMS}.Equal(a, b)
	case timed:
		return Modifiers{Approx: lastingMS}.Equal(a, b)
	case shaped:
		return sameShape(a, b)
	case chance:
		return a.Kind == b.Kind
	case scanned:
		return sameScan(a, b)
	}
	return Modifiers{}.Equal(a, b)
}

// sameScan compares replies of SCAN and its kin, if each has all there is.
func sameScan(a, b Frame) bool {
	if a.Kind != b.Kind || len(a.Items) != len(b.Items) {
		return false
	}
	if len(a.Items) != 2 || a.Items[0].Text != "0" || b.Items[0].Text != "0" {
		return true
	}
	return Modifiers{Sort: 1}.Equal(a.Items[1], b.Items[1])
}

// reencodes are the commands that give a value another encoding in Redis even when they change nothing, or only read: SORT that of a sorted
// set, the others that of a string.
var reencodes = map[string]bool{
	"SORT": true, "SORT_RO": true, "SETBIT": true, "BITFIELD": true, "PFADD": true, "PFCOUNT": true, "PFMERGE": true, "PFDEBUG": true,
}

// sharp is a reply as it is.
func sharp(f Frame) Frame { return f }

// blurred is a reply in which those encodings cannot be told apart.
func blurred(f Frame) Frame {
	switch f.Text {
	case "int", "embstr":
		f.Text = "raw"
	case "listpack":
		f.Text = "skiplist"
	}
	f.Items = slices.Clone(f.Items)
	for i := range f.Items {
		f.Items[i] = blurred(f.Items[i])
	}
	return f
}

func isSort(words []string) bool {
	return strings.EqualFold(words[0], "SORT") || strings.EqualFold(words[0], "SORT_RO")
}

// ordersByChance reports whether a SORT leaves members of a set in the order of its hash table: all of them where BY has no pattern, and those that
// ALPHA finds equal.
func ordersByChance(words []string) bool {
	alpha, by := false, false
	for i, word := range words {
		alpha = alpha || strings.EqualFold(word, "ALPHA")
		if strings.EqualFold(word, "BY") && i+1 < len(words) {
			if by = true; !strings.Contains(words[i+1], "*") {
				return true
			}
		}
	}
	return alpha && by
}

// forgets returns a command to send after one that leaves the servers with different data by chance, or nil.
func forgets(words []string) []string {
	words = ofScript(words)
	if len(words) > 1 && strings.EqualFold(words[0], "SPOP") {
		return []string{"DEL", words[1]}
	}
	if isSort(words) && ordersByChance(words) {
		for i, word := range slices.Backward(words[:len(words)-1]) {
			if strings.EqualFold(word, "STORE") {
				return []string{"DEL", words[i+1]}
			}
		}
	}
	return nil
}

// sameShape reports whether replies have the same types and numbers of elements all through.
func sameShape(a, b Frame) bool {
	return a.Kind == b.Kind && slices.EqualFunc(a.Items, b.Items, sameShape)
}
