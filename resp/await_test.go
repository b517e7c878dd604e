package resp_test

import "testing"

// An event and an answer leave when the unit that caused them is durable.
func TestAwaitedEventLeavesWhenItIsDurable(t *testing.T) {
	journal := newJournal()
	s := startStack(t, journal)
	admin, waiter, caller := s.dial(t), s.dial(t), s.dial(t)
	admin.call("ASO.LOAD", "#!lua name=h\nfunction onMessage(self, ev)\n"+
		"if ev.message == \"ask\" then self.state.to = ev.reply_to return wait() end self.state.done = true self:emit(\"told\", ev.payload) self:reply(self.state.to, ev.payload) end")
	admin.call("ASO.ATTACH", "k", "h")
	waiter.send([]string{"ASO.AWAIT", "k", "told"})
	caller.send([]string{"ASO.CALL", "k", "ask"})
	admin.awaitBlocked(2)
	journal.hold()
	teller := s.dial(t)
	teller.send([]string{"ASO.CALL", "k", "tell", "news"})
	journal.awaitWaiting(3) // the teller, and the two that it answers
	waiter.expectNothing("waiter")
	caller.expectNothing("caller")
	journal.release()
	if got := flat(waiter.read()); got != "[told news]" {
		t.Errorf("the waiting client got %s", got)
	}
	if got := flat(caller.read()); got != "news" {
		t.Errorf("the calling client got %s", got)
	}
	teller.read()
}

func TestClientThatGoesAwayWhileItAwaits(t *testing.T) {
	s := startStack(t, newJournal())
	admin, gone, killed, unblocked := s.dial(t), s.dial(t), s.dial(t), s.dial(t)
	id, other := killed.call("CLIENT", "ID").Text, unblocked.call("CLIENT", "ID").Text
	for _, p := range []*peer{gone, killed, unblocked} {
		p.send([]string{"ASO.AWAIT", "k", "put"})
	}
	admin.awaitBlocked(3)
	gone.close()
	admin.awaitBlocked(2)
	admin.call("CLIENT", "KILL", "ID", id)
	admin.awaitBlocked(1)
	admin.call("CLIENT", "UNBLOCK", other, "ERROR")
	if got := flat(unblocked.read()); got != "-UNBLOCKED" {
		t.Errorf("the unblocked client got %s", got)
	}
	admin.call("SET", "k", "v")
	if got := flat(unblocked.call("ASO.AWAIT", "k", "delete", "TIMEOUT", "1")); got != "nil" {
		t.Errorf("after its timeout the client got %s", got)
	}
}
