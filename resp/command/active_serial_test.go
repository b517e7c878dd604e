package command_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestOneObjectRunsOneHandlerAtATime lets many clients, and messages that are delivered meanwhile, set off handlers of one object, each of which adds one to
// what it read from the state: none is lost, so none ran while another did.
func TestOneObjectRunsOneHandlerAtATime(t *testing.T) {
	const clients, rounds = 8, 100
	e := newEngine(t)
	e.attach(`local function count(self)
  local n = self.state.n or 0
  for i = 1, 100 do end
  self.state.n = n + 1
end
function onGet(self) count(self) end
function onUpdate(self) count(self) end
function onMessage(self) count(self) end`, "k")
	e.all("SET k v")
	var running sync.WaitGroup
	for n := range clients {
		running.Go(func() {
			ses, reply := e.client()
			for i := range rounds {
				for _, line := range []string{"GET k", fmt.Sprintf("SET k %d-%d", n, i), "ASO.CALL k m", "ASO.SEND k m"} {
					e.server.Batch(ses, [][][]byte{bytesOf(strings.Fields(line)...)})
				}
				reply.Reset()
			}
		})
	}
	running.Go(func() {
		for range 100 {
			if err := e.ks.RunDue(); err != nil {
				t.Error(err)
			}
		}
	})
	running.Wait()
	e.advance(0)
	if got, want := e.do("ASO.STATE k GET n"), fmt.Sprint(4*clients*rounds); !strings.HasSuffix(got, "|"+want) {
		t.Errorf("%s runs, want %s", got, want)
	}
}
