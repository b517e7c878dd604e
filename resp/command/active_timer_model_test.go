package command_test

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// unlucky fails now and then, and notes each firing that did not in the object's value.
const unlucky = `function onTimer(self, ev)
  if rand() < 0.35 then error("unlucky") end
  self:call("RPUSH", table.concat({ ev.timer, ev.due, ev.missed, ev.attempt, ev.now }, ":"))
end`

// series is a timer as the model knows it: all its occurrences.
type series struct {
	name           string
	dues           []int64
	catchUp        string
	jitter, period int64
	since          int // looks before it was set
	deleted        bool
}

// happening is a firing, or a dead letter, of an occurrence.
type happening struct {
	due, missed, attempt, now int64
	dead                      bool
}

// timerWorld is a server with timers, whose clock jumps and which restarts, and the model.
type timerWorld struct {
	*engine
	rt     *rapid.T
	series []*series
	extra  map[int]bool // positions in the log of firings that ASO.TIMER FIRE added
	looks  []int64      // when the loop has run
	lost   bool         // the clock has jumped back, or a crash has taken firings back
	safe   int          // units that a crash must leave: commands that the model counts on
}

func (w *timerWorld) int(name string, lo, hi int) int64 {
	return int64(rapid.IntRange(lo, hi).Draw(w.rt, name))
}

func (w *timerWorld) advance(ms int64) {
	w.now += ms
	w.engine.advance(0)
	w.looks = append(w.looks, w.now)
}

// arm sets another timer.
func (w *timerWorld) arm() {
	s := &series{name: fmt.Sprint("t", len(w.series)), since: len(w.looks), catchUp: rapid.SampledFrom([]string{"one", "skip", "all"}).Draw(w.rt, "catchup")}
	args := []string{"ASO.TIMER", "SET", "k", s.name, "CATCHUP", s.catchUp, "RETRY", fmt.Sprint(w.int("retries", 0, 2))}
	count := w.int("count", 1, 8)
	switch w.int("kind", 0, 3) {
	case 0:
		at := w.now + w.int("in", -100_000, 100_000)
		s.period, s.dues = 60_000, []int64{at}
		args = append(args, "AT", fmt.Sprint(at))
	case 1:
		s.period = 10_000
		for at := w.now - w.now%s.period; len(s.dues) < int(count); {
			at += s.period
			s.dues = append(s.dues, at)
		}
		args = append(args, "CRON", "*/10 * * * * *", "COUNT", fmt.Sprint(count))
	default:
		s.period = rapid.SampledFrom([]int64{7, 100, 1000, 60_000, 3600_000}).Draw(w.rt, "period")
		for i := range count {
			s.dues = append(s.dues, w.now+s.period*(i+1))
		}
		args = append(args, "EVERY", fmt.Sprint(s.period))
		if rapid.Bool().Draw(w.rt, "until") {
			args = append(args, "UNTIL", fmt.Sprint(s.dues[count-1]+w.int("rest", 0, int(s.period-1))))
		} else {
			args = append(args, "COUNT", fmt.Sprint(count))
		}
	}
	if rapid.Bool().Draw(w.rt, "jittered") {
		s.jitter = w.int("jitter", 0, int(min(s.period, 20_000)))
		args = append(args, "JITTER", fmt.Sprint(s.jitter))
	}
	if got := w.run(args...); got != ":1" {
		w.rt.Fatalf("%q: %s", args, got)
	}
	w.series = append(w.series, s)
}

// fire fires a timer at once.
func (w *timerWorld) fire() {
	s := rapid.SampledFrom(w.series).Draw(w.rt, "fire")
	rest := ""
	for entry := range strings.SplitSeq(w.do("ASO.TIMER LIST k"), "|*32|") {
		if strings.Contains(entry, "$4|name|$"+fmt.Sprint(len(s.name))+"|"+s.name+"|") && strings.Contains(entry, "|again|$0|") {
			rest = entry
		}
	}
	if rest == "" {
		return
	}
	number := func(name string) (n int64) {
		_, after, _ := strings.Cut(rest, "|"+name+"|:")
		fmt.Sscan(strings.Split(after, "|")[0], &n)
		return n
	}
	pending := number("at") <= w.now || number("attempt") > 0
	if pending && number("due") > w.now { // fired before it is due, on purpose
		return
	}
	if w.do("ASO.TIMER FIRE k "+s.name) == "+OK" && !pending {
		w.extra[int(w.length())-1] = true
	}
}

func (w *timerWorld) length() (n int64) {
	fmt.Sscanf(w.do("LLEN k"), ":%d", &n)
	return n
}

// restart loads what the journal has after a crash that lost some units at its end.
func (w *timerWorld) restart(lost int) {
	e := newEngine(w.t)
	e.now, e.units = w.now, nil
	loader := e.ks.NewLoader()
	units := w.units[:max(w.safe, len(w.units)-lost)]
	for i, unit := range units {
		if err := loader.Unit(uint64(i+1), bytes.Clone(unit)); err != nil {
			w.rt.Fatal(err)
		}
	}
	loader.Close()
	e.units = slices.Clone(units)
	w.engine = e
}

func (w *timerWorld) step() {
	switch w.int("step", 0, 13) {
	case 0, 1:
		if len(w.series) < 6 {
			w.arm()
			w.safe = len(w.units)
		}
	case 2:
		w.now -= w.int("back", 1, 200_000)
		w.lost = true
		w.advance(0)
	case 3:
		w.advance(w.int("forward", 1, 10_000_000))
	case 4:
		w.restart(0)
	case 5:
		w.restart(int(w.int("lost", 1, 5)))
		w.lost = true
	case 6:
		if len(w.series) > 0 {
			w.fire()
			w.safe = len(w.units)
		}
	case 7:
		if len(w.series) > 0 && w.int("really", 0, 3) == 0 {
			s := rapid.SampledFrom(w.series).Draw(w.rt, "delete")
			w.do("ASO.TIMER DEL k " + s.name)
			s.deleted = true
			w.safe = len(w.units)
		}
	case 8:
		if w.do("ASO.DLQ LEN") != ":0" {
			w.do("ASO.DLQ RETRY " + w.text("ASO.DLQ LIST", "id"))
			w.safe = len(w.units)
		}
	default:
		w.advance(w.int("wait", 0, 20_000))
	}
}

// happenings returns what became of the occurrences of each timer, in the order of the occurrences.
func (w *timerWorld) happenings() map[string][]happening {
	all := map[string][]happening{}
	n := 0
	for entry := range strings.SplitSeq(w.do("LRANGE k 0 -1"), "|") {
		parts := strings.Split(entry, ":")
		if len(parts) != 5 {
			continue // lengths
		}
		if !w.extra[n] {
			var h happening
			fmt.Sscan(strings.Join(parts[1:], " "), &h.due, &h.missed, &h.attempt, &h.now)
			all[parts[0]] = append(all[parts[0]], h)
		}
		n++
	}
	for _, entry := range strings.Split(w.do("ASO.DLQ LIST COUNT 1000"), "|*20|")[1:] {
		_, name, _ := strings.Cut(entry, "|name|")
		_, due, _ := strings.Cut(entry, "|due|:")
		h := happening{dead: true, attempt: 2}
		fmt.Sscan(strings.Split(due, "|")[0], &h.due)
		name = strings.Split(name, "|")[1]
		all[name] = append(all[name], h)
	}
	for _, list := range all {
		slices.SortStableFunc(list, func(a, b happening) int { return cmp.Compare(a.due, b.due) })
	}
	return all
}

// check compares what became of a timer's occurrences with what it promises.
func (w *timerWorld) check(s *series, list []happening) {
	fail := func(what string) {
		w.rt.Fatalf("%s of %s: %s\noccurrences %v\nhappened %+v\nlooked %v", s.catchUp, s.name, what, s.dues, list, w.looks)
	}
	i := 0
	for _, h := range list {
		at := slices.Index(s.dues, h.due)
		switch {
		case at < 0:
			fail(fmt.Sprint("no occurrence is due at ", h.due))
		case at < i:
			fail(fmt.Sprint("fired twice: ", h.due))
		case at > i && s.catchUp != "skip" && !s.deleted: // with a timer go the other tries of its dead letters
			fail(fmt.Sprint("lost: ", s.dues[i]))
		case h.missed > 0 && s.catchUp != "one":
			fail("merged")
		case !h.dead && (h.now < h.due || h.now < s.dues[at+int(h.missed)]):
			fail(fmt.Sprint("early: ", h.due))
		}
		w.checkSkipped(s, list, s.dues[i:at], fail)
		i = at + 1 + int(h.missed)
	}
	if s.deleted {
		return
	}
	if s.catchUp != "skip" && i != len(s.dues) {
		fail(fmt.Sprint("lost: ", s.dues[i]))
	}
	w.checkSkipped(s, list, s.dues[i:], fail)
}

// checkSkipped fails if one of the occurrences that did not fire could have been in time.
func (w *timerWorld) checkSkipped(s *series, list []happening, skipped []int64, fail func(string)) {
	if w.lost || slices.ContainsFunc(list, func(h happening) bool { return h.attempt > 1 }) {
		return
	}
	window := min(s.period, 60_000)
	for _, due := range skipped {
		for _, look := range w.looks[s.since:] {
			if look >= due+s.jitter && look <= due+window {
				fail(fmt.Sprintf("skipped %d, though the loop ran at %d", due, look))
			}
		}
	}
}

// TestTimersKeepTheirPromises sets timers at random, lets time pass, the clock jump, firings fail, and the server restart, also with a
// journal that lacks its end, and compares with a model in which a timer is a list of occurrences: with CATCHUP all and one, each fires or
// is a dead letter exactly once, by itself or as one that another firing stands for; with skip, at most once, and none is dropped that the loop was in time for.
func TestTimersKeepTheirPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := &timerWorld{engine: newEngine(t), rt: rt, extra: map[int]bool{}}
		w.attach(unlucky, "k")
		w.safe = len(w.units)
		for range 40 {
			w.step()
		}
		for i := 0; w.do("ASO.TIMER LIST k") != "*0"; i++ {
			if i == 1000 {
				rt.Fatalf("they go on for ever: %s", w.do("ASO.TIMER LIST k"))
			}
			w.advance(time.Hour.Milliseconds() / 4)
		}
		all := w.happenings()
		for _, s := range w.series {
			w.check(s, all[s.name])
		}
	})
}
