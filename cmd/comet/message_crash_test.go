package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"comet/aso/randtest"
)

// purse pays to others: what is on its way is in no purse. Some deliveries fail at first.
const purse = `#!lua name=purse
function onMessage(self, ev)
  if ev.message == "pay" then
    self:call("DECRBY", 1)
    self:send(ev.payload, "credit", 1)
  else
    self:call("INCRBY", 1)
    self.state.got = (self.state.got or 0) + 1
    if ev.attempt == 1 and self.state.got % 200 == 0 then error("not now") end
  end
end`

// TestMessagesAreDeliveredOnceAcrossKills kills the server while objects pay each other, and counts the money.
func TestMessagesAreDeliveredOnceAcrossKills(t *testing.T) {
	const rounds, purses = 5, 8
	dir := filepath.Join(t.TempDir(), "data")
	var paid atomic.Int64
	seed := randtest.Seed(t)
	random := rand.New(rand.NewPCG(seed, 0))
	for round := range rounds {
		p := startComet(t, "--dir", dir, "--auto-aof-rewrite-min-size", "256kb")
		admin := p.connect()
		if round == 0 {
			makePurses(admin, purses)
		}
		var running sync.WaitGroup
		for n := range uint64(4) {
			c, random := p.connect(), rand.New(rand.NewPCG(seed, uint64(round)*4+n+1))
			running.Go(func() { pay(c, random, purses, &paid) })
		}
		end := time.NewTimer(time.Duration(100+random.IntN(300)) * time.Millisecond)
		<-end.C
		p.kill()
		running.Wait()
	}
	p := startComet(t, "--dir", dir)
	c := p.connect()
	countPurses(t, c, purses, &paid)
	p.terminate()
}

func makePurses(c *client, purses int) {
	c.do("ASO.LOAD", purse)
	for i := range purses {
		c.want("1", "ASO.ATTACH", fmt.Sprint("purse:", i), "purse")
	}
}

// countPurses checks that all payments were delivered, once each.
func countPurses(t *testing.T, c *client, purses int, paid *atomic.Int64) {
	t.Helper()
	eventually(t, "delivery", func() bool { return strings.Contains(c.do("INFO", "aso"), "aso_messages_pending:0\r\n") })
	sum := 0
	for i := range purses {
		n, _ := strconv.Atoi(c.do("GET", fmt.Sprint("purse:", i)))
		sum += n
	}
	if sum != 0 || paid.Load() == 0 {
		t.Errorf("the purses hold %d after %d payments", sum, paid.Load())
	}
	c.want("0", "ASO.DLQ", "LEN")
}

// pay lets purses pay until the server is gone.
func pay(c *client, random *rand.Rand, purses int, paid *atomic.Int64) {
	for {
		from, to := fmt.Sprint("purse:", random.IntN(purses)), fmt.Sprint("purse:", random.IntN(purses))
		if _, err := c.try("ASO.CALL", from, "pay", to); err != nil {
			return
		}
		paid.Add(1)
	}
}
