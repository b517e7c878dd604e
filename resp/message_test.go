package resp_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Many clients let objects pay each other, ask, wait and answer; no payment is lost, and all get their answers.
func TestMessagesUnderManyClients(t *testing.T) {
	const clients, payments, purses = 8, 60, 6
	s := startStack(t, &yieldingJournal{})
	admin := s.dial(t)
	admin.call("ASO.LOAD", `#!lua name=purse
function onMessage(self, ev)
  if ev.message == "pay" then
    self:call("DECRBY", 1)
    self:send(ev.payload, "credit", ev.reply_to)
    return wait()
  end
  self:call("INCRBY", 1)
  self:emit("paid", self.value)
  self:reply(ev.payload, "paid by " .. ev.from)
end`)
	for i := range purses {
		admin.call("ASO.ATTACH", fmt.Sprint("purse:", i), "purse")
	}
	var running sync.WaitGroup
	for i := range clients {
		c := s.dial(t)
		running.Go(func() {
			for n := range payments {
				from, to := fmt.Sprint("purse:", (i+n)%purses), fmt.Sprint("purse:", (i*n+1)%purses)
				if got := flat(c.call("ASO.CALL", from, "pay", to)); got != "paid by "+from {
					t.Errorf("the answer is %s", got)
				}
				if n%7 == 0 {
					c.call("ASO.AWAIT", to, "paid", "TIMEOUT", "1")
				}
			}
		})
	}
	running.Wait()
	sum := 0
	for i := range purses {
		n, _ := strconv.Atoi(admin.call("GET", fmt.Sprint("purse:", i)).Text)
		sum += n
	}
	info := admin.call("INFO", "aso").Text
	if sum != 0 || !strings.Contains(info, "aso_messages_pending:0\r\n") || !strings.Contains(info, fmt.Sprintf("aso_messages_delivered:%d\r\n", clients*payments)) {
		t.Errorf("the purses hold %d; %s", sum, info)
	}
}
