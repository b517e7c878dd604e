package sandbox

import (
	"os"
	"sync"
	"syscall"
	"time"
)

// RestAfter is how long work may go on before it lets others have the processor.
const RestAfter = 50 * time.Microsecond

// rester lets the goroutines run that wait for the network. runtime.Gosched would not do: with one processor the scheduler takes the
// goroutine that yields before it looks at the network, and sysmon looks there only every 10 ms. A goroutine that waits for the network
// itself is different: the scheduler has to poll, and all who are ready come before it or with it. So it waits for a byte that it has
// written itself, which costs about 2 µs.
type rester struct {
	in, out *os.File
	conn    syscall.RawConn // of in
	buf     [1]byte
}

var resters = sync.Pool{New: func() any { return newRester() }}

// newRester returns nil if there are no descriptors left: then a run does not rest.
func newRester() *rester {
	in, out, err := os.Pipe()
	if err != nil {
		return nil
	}
	conn, err := in.SyscallConn()
	if err != nil {
		return nil
	}
	return &rester{in: in, out: out, conn: conn} // the files close themselves when the pool lets go of them
}

// Rest lets all others run that are ready. Long work that is not a handler needs it as well.
func Rest() {
	r, _ := resters.Get().(*rester)
	if r == nil {
		return
	}
	defer resters.Put(r)
	waited, written := false, false
	err := r.conn.Read(func(uintptr) bool {
		if waited {
			return true
		}
		waited = true
		_, err := r.out.Write(r.buf[:]) // here, where the runtime is ready to note that the byte has come
		written = err == nil
		return !written
	})
	if err == nil && written {
		_, _ = r.in.Read(r.buf[:])
	}
}

// A long run is what waits where processors are short: it gives way up to maxRests times in a row, as long as others had work for restBusy. So
// they have most of the time, and it goes on nevertheless.
const (
	maxRests = 4
	restBusy = 20 * time.Microsecond // a rest while nobody is ready takes about 2 µs
)

// giveWay rests until others have nothing to do, or have had their turns.
func giveWay() {
	for range maxRests {
		began := time.Now()
		Rest()
		if time.Since(began) < restBusy {
			return
		}
	}
}
