package sandbox

import (
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// pingHost answers call("ask") once a goroutine that waits for the pipe has run: "no" until then.
type pingHost struct {
	testHost
	out   *os.File
	asked int
	heard atomic.Int64
}

func (h *pingHost) Call(string, []Value) (Value, error) {
	if int64(h.asked) == h.heard.Load() {
		h.asked++
		_, err := h.out.Write([]byte{1})
		return BoolValue(true), err
	}
	return BoolValue(false), nil
}

// TestRunLetsOthersAnswerTheNetwork has one processor, on which a run goes on until a goroutine has been woken by the network 20 times. Without
// rests that is the turn of the runtime's monitor, every 10 ms, and the budget does not last so long.
func TestRunLetsOthersAnswerTheNetwork(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	h := &pingHost{out: out}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var buf [1]byte
		for {
			if _, err := in.Read(buf[:]); err != nil {
				return
			}
			h.heard.Add(1)
		}
	}()
	_, err = runBody(t, `local rounds = 0
		while rounds <= 20 do
			if self:call("ask") then rounds = rounds + 1 end
			for i = 1, 100 do end
		end`, Run{Host: h, Limits: Limits{Instructions: 3_000_000, Memory: 64 << 20, Time: time.Minute}})
	if err != nil {
		t.Errorf("after %d rounds: %v", h.heard.Load(), err)
	}
	_ = out.Close()
	<-done
	_ = in.Close()
}
