package command_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// firedAt fails unless the firings of key since the last look are as given: name, the due time on the clocks of a zone, how many were missed.
func (e *engine) firedAt(key, zone string, want ...string) {
	e.t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		e.t.Fatal(err)
	}
	var got []string
	for entry := range strings.SplitSeq(e.do("LRANGE "+key+" 0 -1"), "|") {
		var due, missed int64
		name, rest, ok := strings.Cut(entry, ":")
		if _, err := fmt.Sscanf(rest, "%d:%d", &due, &missed); !ok || err != nil {
			continue // lengths
		}
		got = append(got, fmt.Sprintf("%s %s %d", name, time.UnixMilli(due).In(loc).Format("02 15:04"), missed))
	}
	e.all("LTRIM " + key + " 0 0")
	if fmt.Sprint(got) != fmt.Sprint(want) {
		e.t.Errorf("fired %q, want %q", got, want)
	}
}

const listing = `function onTimer(self, ev) self:call("RPUSH", ev.timer .. ":" .. ev.due .. ":" .. ev.missed) end
function onMessage(self, ev) return self:timer("own", { cron = ev.message, tz = ev.payload }) and 1 or 0 end`

func TestCronTimerFollowsTheClocksOfItsZone(t *testing.T) {
	e := newEngine(t)
	e.now = time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC).UnixMilli()
	e.attach(listing, "k")
	e.all("RPUSH k x")
	if got := e.run("ASO.TIMER", "SET", "k", "night", "CRON", "30 2 * * *", "TZ", "Europe/Berlin", "COUNT", "4"); got != ":1" {
		t.Fatal(got)
	}
	for range 100 {
		e.advance(time.Hour)
	}
	e.firedAt("k", "Europe/Berlin", "night 28 02:30 0", "night 29 03:00 0", "night 30 02:30 0", "night 31 02:30 0")
	e.steps("ASO.TIMER LIST k => *0")
}

func TestCronTimerCatchesUp(t *testing.T) {
	e := newEngine(t) // midnight, 1 January 2026
	e.attach(listing, "k")
	e.all("RPUSH k x")
	for _, way := range []string{"one", "skip", "all"} {
		if got := e.run("ASO.TIMER", "SET", "k", way, "CRON", "0 */6 * * *", "CATCHUP", way, "UNTIL", fmt.Sprint(e.now+48*3600_000)); got != ":1" {
			t.Fatal(got)
		}
	}
	e.advance(19 * time.Hour)
	e.firedAt("k", "UTC", "one 01 06:00 2", "all 01 06:00 0", "all 01 12:00 0", "all 01 18:00 0")
	e.advance(5*time.Hour + 30*time.Second) // late, but not missed
	e.firedAt("k", "UTC", "one 02 00:00 0", "skip 02 00:00 0", "all 02 00:00 0")
	e.advance(2400 * time.Hour)
	e.firedAt("k", "UTC", "one 02 06:00 3", "all 02 06:00 0", "all 02 12:00 0", "all 02 18:00 0", "all 03 00:00 0")
	e.steps("ASO.TIMER LIST k => *0")
}

func TestCronTimerAfterAVeryLongTime(t *testing.T) {
	e := newEngine(t)
	e.attach(listing, "k")
	e.all("RPUSH k x")
	e.run("ASO.TIMER", "SET", "k", "t", "CRON", "* * * * * *")
	e.now += 365 * 24 * 3600_000
	e.advance(0)
	e.firedAt("k", "UTC", "t 01 00:00 999") // counted so far
	if at := e.number("ASO.TIMER LIST k", "at"); at <= e.now || at > e.now+1000 {
		t.Errorf("next in %d ms", at-e.now)
	}
}

func TestCronOptions(t *testing.T) {
	e := newEngine(t)
	e.attach(listing, "k")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"CRON", "61 * * * *"}, "-ERR invalid CRON: end of range (61) above maximum (59): 61"},
		{[]string{"CRON", "* * *"}, "-ERR invalid CRON: expected 5 to 6 fields, found 3: [* * *]"},
		{[]string{"CRON", "* * * * *", "TZ", "Mars/Olympus"}, "-ERR invalid CRON: unknown time zone Mars/Olympus"},
		{[]string{"CRON", "0 0 30 2 *"}, "-ERR the timer would never fire"},
		{[]string{"CRON", "@daily", "UNTIL", "5"}, "-ERR the timer would never fire"},
		{[]string{"CRON", "@daily", "IN", "5"}, "-ERR a timer needs one of IN, AT, EVERY and CRON"},
		{[]string{"TZ", "UTC"}, "-ERR a timer needs one of IN, AT, EVERY and CRON"},
		{[]string{"IN", "5", "TZ", "UTC"}, "-ERR TZ needs CRON"},
		{[]string{"EVERY", "5", "JITTER", "6"}, "-ERR JITTER is longer than EVERY"},
		{[]string{"IN", "5", "CATCHUP", "maybe"}, "-ERR CATCHUP is skip, one or all"},
		{[]string{"IN", "5", "RETRY", "1001"}, "-ERR RETRY is from 0 to 1000"},
		{[]string{"cron", "@daily", "tz", "Asia/Tokyo", "jitter", "60000", "catchup", "SKIP", "retry", "0", "count", "3"}, ":1"},
	} {
		if got := e.run(append([]string{"ASO.TIMER", "SET", "k", "t"}, c.args...)...); got != c.want {
			t.Errorf("%q: %s, want %s", c.args, got, c.want)
		}
	}
	got := e.do("ASO.TIMER LIST k")
	if want := "|$4|cron|$6|@daily|$2|tz|$10|Asia/Tokyo|$6|jitter|:60000|$7|catchup|$4|skip|$5|retry|:0|$5|count|:3|"; !strings.Contains(got, want) {
		t.Errorf("listed %s", got)
	}
	if got := e.run("ASO.CALL", "k", "@hourly", "Asia/Kolkata"); got != ":1" {
		t.Error(got)
	}
	if got := e.run("ASO.CALL", "k", "@hourly", "Asia"); !strings.HasPrefix(got, "-ASOFAIL") {
		t.Error(got)
	}
	half := time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC).UnixMilli()
	if at := e.number("ASO.TIMER LIST k", "at"); at != half {
		t.Errorf("own is due at %d, want %d", at, half)
	}
}

// TestJitterIsNeverEarlyAndAlwaysTheSame arms the same timers in two servers.
func TestJitterIsNeverEarlyAndAlwaysTheSame(t *testing.T) {
	var lists [2][]int64
	for i := range lists {
		e := newEngine(t)
		e.attach(listing, "k")
		for n := range 20 {
			e.all(fmt.Sprintf("ASO.TIMER SET k t%d EVERY 60000 JITTER 10000", n))
			e.all("ASO.TIMER DEL k t" + fmt.Sprint(n-1))
			for range 3 {
				at, due := e.number("ASO.TIMER LIST k", "at"), e.number("ASO.TIMER LIST k", "due")
				if at < due || at > due+10_000 {
					t.Fatalf("due %d, fires %d", due, at)
				}
				lists[i] = append(lists[i], at-due)
				e.now = at
				e.advance(0)
			}
		}
	}
	if fmt.Sprint(lists[0]) != fmt.Sprint(lists[1]) {
		t.Errorf("%v, then %v", lists[0], lists[1])
	}
	different := map[int64]bool{}
	for _, late := range lists[0] {
		different[late] = true
	}
	if len(different) < 50 {
		t.Errorf("hardly spread: %v", lists[0])
	}
}
