//go:build linux

package resp_test

import (
	"fmt"
	"runtime"
	"testing"
)

// countingJournal counts how often somebody asks it to keep something that it has not kept.
type countingJournal struct {
	journal
	asked int
}

func (j *countingJournal) Commit(seq uint64) error {
	j.mu.Lock()
	if seq > j.durable {
		j.asked++
	}
	j.mu.Unlock()
	return j.journal.Commit(seq)
}

// What clients send at the same time is made durable together. Each round has one or two writes, unless the processor is taken away.
func TestUnitsOfSeveralClientsAreMadeDurableTogether(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const rounds, most = 50, 50 * 5
	j := &countingJournal{}
	j.changed.L = &j.mu
	s := startStack(t, j)
	clients := make([]*peer, 20)
	for i := range clients {
		clients[i] = s.dial(t)
		clients[i].call("SET", fmt.Sprint("k", i), "0")
	}
	j.mu.Lock()
	j.asked = 0
	j.mu.Unlock()
	for range rounds {
		for i, c := range clients {
			c.send([]string{"INCR", fmt.Sprint("k", i)})
		}
		for _, c := range clients {
			c.read()
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.asked > most {
		t.Errorf("%d rounds of %d clients were made durable in %d steps", rounds, len(clients), j.asked)
	}
}
