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
	for round := range rounds {
		p := startComet(t, "--dir", dir, "--auto-aof-rewrite-min-size", "256kb")
		admin := p.connect()
		if round == 0 {
			admin.do("ASO.LOAD", purse)
			for i := range purses {
				admin.want("1", "ASO.ATTACH", fmt.Sprint("purse:", i), "purse")
			}
		}
		var running sync.WaitGroup
		for range 4 {
			c := p.connect()
			running.Go(func() { pay(c, purses, &paid) })
		}
		end := time.NewTimer(time.Duration(100+rand.IntN(300)) * time.Millisecond)
		<-end.C
		p.kill()
		running.Wait()
	}
	p := startComet(t, "--dir", dir)
	c := p.connect()
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
	p.terminate()
}

// pay lets purses pay until the server is gone.
func pay(c *client, purses int, paid *atomic.Int64) {
	for {
		from, to := fmt.Sprint("purse:", rand.IntN(purses)), fmt.Sprint("purse:", rand.IntN(purses))
		if _, err := c.try("ASO.CALL", from, "pay", to); err != nil {
			return
		}
		paid.Add(1)
	}
}
