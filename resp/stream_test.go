package resp_test

import (
	"strconv"
	"sync"
	"testing"

	"comet/aso"
	"comet/resp/command/oracletest"
)

// Consumers of a group that wait for entries get each of them once, however many producers there are, and learn of the end of the group.
func TestEachEntryIsDeliveredToOneConsumer(t *testing.T) {
	const consumers, producers, each = 6, 3, 300
	s := serveKeyspace(t, aso.New(aso.Options{Committer: newJournal()}))
	admin := s.dial(t)
	admin.call("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM")
	delivered := make([][]string, consumers)
	var waiting, adding sync.WaitGroup
	for i := range consumers {
		p := s.dial(t)
		waiting.Go(func() { delivered[i] = p.consume("c" + strconv.Itoa(i)) })
	}
	admin.awaitBlocked(consumers)
	for i := range producers {
		p := s.dial(t)
		adding.Go(func() {
			for n := range each {
				p.call("XADD", "s", "*", "producer", strconv.Itoa(i), "number", strconv.Itoa(n))
			}
		})
	}
	adding.Wait()
	admin.awaitBlocked(consumers)
	admin.call("XGROUP", "DESTROY", "s", "g")
	waiting.Wait()
	seen := map[string]bool{}
	for _, ids := range delivered {
		for _, id := range ids {
			if seen[id] {
				t.Errorf("%s was delivered twice", id)
			}
			seen[id] = true
		}
	}
	if len(seen) != producers*each || admin.call("XLEN", "s").Text != strconv.Itoa(producers*each) {
		t.Errorf("%d of %d entries delivered", len(seen), producers*each)
	}
}

// consume reads for a consumer and acknowledges, until the group is gone. It returns the IDs that came.
func (p *peer) consume(name string) (ids []string) {
	for {
		reply := p.call("XREADGROUP", "GROUP", "g", name, "COUNT", "3", "BLOCK", "0", "STREAMS", "s", ">")
		if reply.Kind == oracletest.Error {
			return ids
		}
		ack := []string{"XACK", "s", "g"}
		for _, entry := range reply.Items[0].Items[1].Items {
			ids = append(ids, entry.Items[0].Text)
			ack = append(ack, entry.Items[0].Text)
		}
		p.call(ack...)
	}
}
