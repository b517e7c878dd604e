package command_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"comet/aso/randtest"
)

// delivery is a message as its receiver told of it.
type delivery struct {
	pair     string
	seq, due int64 // due is 0 without a delay
	now      int64
}

// TestOrderOfMessages lets objects and clients send at random, with delays and deliveries that fail, and restarts the server now and then.
func TestOrderOfMessages(t *testing.T) {
	const relay = `function onMessage(self, ev)
  local p = ev.payload
  if ev.message == "send" then
    self:send(p[1], "m", { p[2], p[3], p[4] }, { at = p[4] ~= "0" and tonumber(p[4]) or nil })
  else
    if ev.attempt <= tonumber(p[2]) then error("not yet") end
    self:publish("d", table.concat({ (ev.from or "client") .. ">" .. self.key, p[1], p[3], ev.now }, " "))
  end
end`
	seed := randtest.Seed(t)
	for round := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, round))
		e := newEngine(t)
		e.attach(relay, "a", "b", "c")
		var got []delivery
		collect := func() {
			for _, h := range e.heard {
				var d delivery
				fmt.Sscan(strings.TrimPrefix(h, "d "), &d.pair, &d.seq, &d.due, &d.now)
				got = append(got, d)
			}
			e.heard = nil
		}
		const sent = 80
		for seq := range sent {
			from, to := string(rune('a'+r.IntN(3))), string(rune('a'+r.IntN(3)))
			failures, due := max(0, r.IntN(8)-5), int64(0)
			if r.IntN(3) == 0 {
				due = e.now + int64(r.IntN(4000))
			}
			switch {
			case r.IntN(3) > 0:
				e.do(fmt.Sprintf("ASO.CALL %s send %s %d %d %d", from, to, seq, failures, due))
			case due == 0:
				e.do(fmt.Sprintf("ASO.SEND %s m %d %d 0", to, seq, failures))
			default:
				e.do(fmt.Sprintf("ASO.SEND %s m %d %d %d AT %d", to, seq, failures, due, due))
			}
			if r.IntN(3) == 0 {
				e.advance(time.Duration(r.IntN(1500)) * time.Millisecond)
			}
			if r.IntN(25) == 0 {
				collect()
				e = e.restarted(len(e.units))
			}
		}
		e.settle()
		collect()
		if len(got) != sent {
			t.Fatalf("seed %d, round %d: %d messages were delivered", seed, round, len(got))
		}
		checkOrder(t, got)
		if t.Failed() {
			t.Fatalf("seed %d, round %d", seed, round)
		}
	}
}

// checkOrder fails unless the messages of each pair came in the order in which they were sent, those with a delay in that of their due times, and
// none early.
func checkOrder(t *testing.T, got []delivery) {
	t.Helper()
	pairs := map[string][]delivery{}
	for _, d := range got {
		if d.due > d.now {
			t.Errorf("%v is early", d)
		}
		kind := " now"
		if d.due > 0 {
			kind = " later"
		}
		pairs[d.pair+kind] = append(pairs[d.pair+kind], d)
	}
	for pair, ds := range pairs {
		byTime := func(a, b delivery) int { return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.seq, b.seq)) }
		if strings.HasSuffix(pair, " now") && !slices.IsSortedFunc(ds, byTime) {
			t.Errorf("%s: order is %v", pair, ds)
		}
		for i := 1; i < len(ds); i++ {
			if prev := ds[i-1]; ds[i].due < prev.due && ds[i].now == prev.now {
				t.Errorf("%s: %v came after %v", pair, ds[i], prev)
			}
		}
	}
}
