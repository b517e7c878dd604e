package command_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"comet/aso"
	"comet/aso/value"
	"comet/resp/command"
	"comet/resp/wire"
)

// lockedJournal keeps units, and may be used by many at once.
type lockedJournal struct {
	mu    sync.Mutex // guards units
	units [][]byte
}

// Append keeps a unit.
func (j *lockedJournal) Append(unit []byte) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.units = append(j.units, bytes.Clone(unit))
	return uint64(len(j.units))
}

// Commit does nothing: memory is durable enough.
func (j *lockedJournal) Commit(uint64) error { return nil }

func (*lockedJournal) Kept(uint64) bool { return false }

// TestTimersFireWhileClientsAreAtWork lets clients set, fire, list and delete timers and dead letters while the loop runs, and compares the
// journal with the keyspace.
func TestTimersFireWhileClientsAreAtWork(t *testing.T) {
	const clients, steps, now = 4, 400, 1_800_000_000_000
	journal := &lockedJournal{}
	ks := aso.New(aso.Options{Limits: value.DefaultLimits(), Now: func() int64 { return now }, Committer: journal})
	config, err := command.NewConfig()
	if err != nil {
		t.Fatal(err)
	}
	server, err := command.NewServer(ks, command.Options{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var loop, work sync.WaitGroup
	loop.Go(func() {
		if err := ks.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	source := "#!lua name=h\nfunction onTimer(self, ev) if rand() < 0.2 then error('x') end self.state.n = (self.state.n or 0) + 1 self:call('INCR') end"
	for c := range clients {
		work.Go(func() {
			var reply wire.Reply
			ses := server.NewSession(&testConn{}, &reply)
			do := func(args ...string) string {
				reply.Reset()
				server.Batch(ses, [][][]byte{bytesOf(args...)})
				return string(reply.Bytes())
			}
			do("ASO.LOAD", source)
			for i := range steps {
				key := fmt.Sprintf("k%d", i%40)
				do("ASO.ATTACH", key, "h")
				do("ASO.TIMER", "SET", key, fmt.Sprint("t", c), "IN", "0", "RETRY", "0", "DATA", "d")
				do("ASO.TIMER", "SET", key, "later", "EVERY", "1000", "JITTER", "1000")
				switch i % 8 {
				case 0:
					do("ASO.TIMER", "NEXT", "COUNT", "5")
				case 1:
					do("ASO.TIMER", "FIRE", key, "later")
				case 2:
					list := strings.Split(do("ASO.DLQ", "LIST"), "\r\n")
					if len(list) > 5 {
						do("ASO.DLQ", []string{"RETRY", "DROP", "SHOW"}[i%3], list[5])
					}
				case 3:
					do("DEL", key)
				case 4:
					do("CONFIG", "SET", "aso-dlq-max", fmt.Sprint(5+i%20))
				case 5:
					do("RENAME", key, "k3")
				}
			}
		})
	}
	work.Wait()
	cancel()
	loop.Wait()
	if err := ks.RunDue(); err != nil {
		t.Fatal(err)
	}
	again := aso.New(aso.Options{Limits: value.DefaultLimits(), Now: func() int64 { return now }})
	l := again.NewLoader()
	for i, unit := range journal.units {
		if err := l.Unit(uint64(i+1), unit); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	if ks.Metrics.Fired.Load() == 0 || ks.Metrics.Dead.Load() == 0 {
		t.Errorf("%d fired, %d given up", ks.Metrics.Fired.Load(), ks.Metrics.Dead.Load())
	}
	if d := imageOf(t, ks).diff(imageOf(t, again)); d != "" {
		t.Error(d)
	}
}
