package command_test

import (
	"strings"
	"testing"
	"time"
)

// TestThrottleAnswersAsRedisCell has the cases of redis-cell's own test, and those of its README.
func TestThrottleAnswersAsRedisCell(t *testing.T) {
	e := newEngine(t)
	at := time.Duration(0)
	for i, c := range []struct {
		at             time.Duration
		quantity, want string
	}{
		{0, "6", "1 5 5 -1 0"}, // never more than the limit at once
		{0, "1", "0 5 4 -1 1"},
		{0, "1", "0 5 3 -1 2"},
		{0, "1", "0 5 2 -1 3"},
		{0, "1", "0 5 1 -1 4"},
		{0, "1", "0 5 0 -1 5"},
		{0, "1", "1 5 0 1 5"},
		{3000 * time.Millisecond, "1", "0 5 2 -1 3"},
		{3100 * time.Millisecond, "1", "0 5 1 -1 4"}, // 3.9 s, rounded up
		{4000 * time.Millisecond, "1", "0 5 1 -1 4"},
		{8000 * time.Millisecond, "1", "0 5 4 -1 1"},
		{9500 * time.Millisecond, "1", "0 5 4 -1 1"},
		{9500 * time.Millisecond, "0", "0 5 4 -1 1"}, // looks only
		{9500 * time.Millisecond, "2", "0 5 2 -1 3"},
		{9500 * time.Millisecond, "5", "1 5 2 3 3"},
	} {
		e.advance(c.at - at)
		at = c.at
		got := strings.ReplaceAll(strings.TrimPrefix(e.do("CL.THROTTLE k 4 1 1 "+c.quantity), "*5|:"), "|:", " ")
		if got != c.want {
			t.Errorf("case %d: %s, want %s", i, got, c.want)
		}
	}
	e.steps("CL.THROTTLE user123 15 30 60 => *5|:0|:16|:15|:-1|:2", "TTL user123 => :2", "TYPE user123 => +string", "EXISTS peeked => :0",
		"CL.THROTTLE peeked 15 30 60 0 => *5|:0|:16|:16|:-1|:0", "EXISTS peeked => :0")
	e.advance(2 * time.Second)
	e.steps("EXISTS user123 => :0")
}

func TestThrottleRefusesWhatItCannotCount(t *testing.T) {
	e := newEngine(t)
	e.all("RPUSH l x; SET s x")
	e.steps("CL.THROTTLE k 1 1 => -ERR wrong number of arguments for 'cl.throttle' command",
		"CL.THROTTLE k 1 1 1 1 1 => -Cell error: Usage: cl.throttle <key> <max_burst> <count per period> <period> [<quantity>]",
		"CL.THROTTLE k x 1 1 => -Cell error: Couldn't parse as integer: x",
		"CL.THROTTLE k 1 0 1 => -Cell error: Zero rates are not supported",
		"CL.THROTTLE k 1 1 0 => -Cell error: Zero rates are not supported",
		"CL.THROTTLE k 1 9223372036854775807 1 => -Cell error: Zero rates are not supported",
		"CL.THROTTLE k -1 1 1 => -Cell error: Value out of range",
		"CL.THROTTLE k 9223372036854775807 1 1 => -Cell error: Value out of range",
		"CL.THROTTLE k 1 1 9223372036854775807 => -Cell error: Value out of range",
		"CL.THROTTLE k 9223372036854 1 1000000 => -Cell error: Value out of range",
		"CL.THROTTLE k 1 1 1 -1 => -Cell error: Value out of range",
		"CL.THROTTLE l 1 1 1 => -WRONGTYPE Operation against a key holding the wrong kind of value",
		"CL.THROTTLE s 1 1 1 => -Cell error: Couldn't parse as integer: x",
		"EXISTS k => :0")
}
