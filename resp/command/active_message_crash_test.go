package command_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"comet/aso/randtest"
)

// restarted is the server after a crash that left the first n units of the journal.
func (e *engine) restarted(n int) *engine {
	e.t.Helper()
	next := newEngine(e.t)
	next.now = e.now
	l := next.ks.NewLoader()
	for i, unit := range e.units[:n] {
		if err := l.Unit(uint64(i+1), unit); err != nil {
			e.t.Fatal(err)
		}
	}
	l.Close()
	next.units = append(next.units, e.units[:n]...)
	return next
}

// settle lets everything happen that is planned.
func (e *engine) settle() {
	e.t.Helper()
	for i := 0; e.ks.PendingMessages() > 0; i++ {
		if i > 100 {
			e.t.Fatalf("%d messages are not delivered", e.ks.PendingMessages())
		}
		e.advance(time.Minute)
	}
}

// int returns the number at key.
func (e *engine) int(key string) (n int) {
	if _, text, ok := strings.Cut(e.do("GET "+key), "|"); ok {
		fmt.Sscan(text, &n)
	}
	return n
}

// account moves money: what leaves it is on its way in a message. Some deliveries fail a few times, and a transfer may fail after it has sent.
const account = `function onMessage(self, ev)
  local p = ev.payload
  if ev.message == "pay" then
    self:call("DECRBY", p[2])
    self:send(p[1], "credit", p[2], { delay = tonumber(p[3]), id = p[4] })
    if p[5] then error("changed my mind") end
  elseif ev.message == "credit" then
    self:call("INCRBY", p)
    if ev.attempt <= tonumber(p) % 3 then error("not yet") end
  end
end`

// TestMoneyIsNeitherLostNorMadeByCrashes pays at random between accounts, and starts again from every prefix of the journal: a crash can
// come after each unit.
func TestMoneyIsNeitherLostNorMadeByCrashes(t *testing.T) {
	t.Parallel()
	const accounts, total = 5, 5 * 1000
	seed := randtest.Seed(t)
	for round := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, round))
		e := newEngine(t)
		name := e.load(account)
		for i := range accounts {
			e.all(fmt.Sprintf("ASO.SET acc%d 1000 HANDLER %s", i, name))
		}
		opened := len(e.units)
		for i := range 25 {
			pay := fmt.Sprintf("acc%d pay acc%d %d %d p%d", r.IntN(accounts), r.IntN(accounts), r.IntN(50), r.IntN(3)*1000, i)
			switch r.IntN(6) {
			case 0:
				pay += " fail"
			case 1:
				e.do("ASO.SEND " + pay)
				continue
			}
			e.do("ASO.CALL " + pay)
			e.advance(time.Duration(r.IntN(1500)) * time.Millisecond)
		}
		for n := opened; n <= len(e.units); n++ {
			again := e.restarted(n)
			if n%3 == 0 { // another crash on the way
				again.advance(time.Duration(r.IntN(3000)) * time.Millisecond)
				again = again.restarted(n + r.IntN(len(again.units)-n+1))
			}
			again.settle()
			sum := 0
			for i := range accounts {
				sum += again.int(fmt.Sprint("acc", i))
			}
			if sum != total {
				t.Fatalf("seed %d, round %d: the accounts hold %d after a crash at unit %d of %d", seed, round, sum, n, len(e.units))
			}
			if d := again.image().diff(imageOf(t, again.replayed())); d != "" {
				t.Fatalf("seed %d, round %d: replayed: %s", seed, round, d)
			}
		}
	}
}

// TestChainsOfMessagesCountExactlyOverCrashes lets each start of a chain raise a counter on every hop.
func TestChainsOfMessagesCountExactlyOverCrashes(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onMessage(self, ev)
  self:call("INCR")
  if ev.attempt == 1 and ev.hops == 3 then error("trip") end
  local left = tonumber(ev.payload)
  if left > 0 then self:send("c" .. (left - 1), "go", left - 1) end
end`, "c0", "c1", "c2", "c3", "c4")
	for range 3 {
		e.do("ASO.SEND c4 go 4")
		e.advance(time.Second)
	}
	for n := range len(e.units) + 1 {
		again := e.restarted(n)
		again.settle()
		first := again.int("c4")
		for i := range 5 {
			if got := again.int(fmt.Sprint("c", i)); got != first {
				t.Errorf("crash at unit %d: c%d is %d, c4 is %d", n, i, got, first)
			}
		}
		if n == len(e.units) && first != 3 {
			t.Errorf("%d chains", first)
		}
	}
}
