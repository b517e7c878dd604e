package sandbox

import (
	"fmt"
	"time"
)

const (
	sliceCalm  = 128                  // instructions between looks at the clock
	sliceHeavy = 16                   // the same once a run holds enough bytes to make one instruction slow
	heavyBytes = 16 << 10             // charged bytes from which a run is heavy
	maxStretch = 2 * time.Millisecond // what the time between two rests can count at most
)

// meter counts what a run uses. It is the interpreter's context: the VM asks
// Done once before each instruction.
type meter struct {
	slice int64         // instructions until the next look at the clock
	left  int64         // instructions behind that slice
	mem   int64         // bytes charged
	spent time.Duration // processor time
	dead  error         // sticky: why the run must end
	stop  func() error  // asked when the clock is; may be nil
	lim   Limits

	rested time.Time     // or began
	thread int           // on which it has rested, 0 if it has not
	used   time.Duration // processor time of that thread then
}

// kill is the panic value of a run that must end. Its reason is in meter.dead.
type kill struct{}

func (kill) Error() string { return "run ended" }

func (m *meter) start(lim Limits) {
	m.lim = lim
	m.begin()
}

// begin begins a run with the limits in lim.
func (m *meter) begin() {
	m.slice = min(sliceCalm, m.lim.Instructions) // a short run never asks the clock
	m.left = m.lim.Instructions - m.slice
	m.mem = 0
	m.spent, m.dead, m.stop = 0, nil, nil
	m.rested, m.thread = time.Time{}, 0
}

// fuel returns the instructions used so far.
func (m *meter) fuel() int64 { return m.lim.Instructions - m.left - m.slice }

// Done is called before each instruction. It always returns nil: a receive from
// a nil channel never happens, so the VM goes on.
func (m *meter) Done() <-chan struct{} {
	m.slice--
	if m.slice < 0 {
		m.refill()
	}
	return nil
}

// work charges n instructions.
func (m *meter) work(n int) {
	m.slice -= int64(n)
	if m.slice < 0 {
		m.refill()
	}
}

// alloc charges n bytes that are about to be allocated, and the work of filling them.
func (m *meter) alloc(n int) {
	m.mem += int64(n)
	if m.mem > m.lim.Memory {
		m.end(&LimitError{LimitMemory, fmt.Sprintf("cap of %d bytes exceeded", m.lim.Memory)})
	}
	if n >= 1024 {
		m.work(n >> 8)
	}
}

// read charges the work of looking at n bytes.
func (m *meter) read(n int) {
	if n >= 64 {
		m.work(n >> 6)
	}
}

// refill starts the next slice, or ends the run.
func (m *meter) refill() {
	if m.dead != nil {
		panic(kill{})
	}
	need := -m.slice
	if need > m.left {
		m.slice, m.left = 0, 0
		m.end(&LimitError{LimitInstructions, fmt.Sprintf("budget of %d exhausted", m.lim.Instructions)})
	}
	next := int64(sliceCalm)
	if m.mem > heavyBytes {
		next = sliceHeavy
	}
	take := min(need+next, m.left)
	m.slice, m.left = take-need, m.left-take
	m.look()
}

// look lets the run rest every RestAfter, and ends it if it has used up its time.
func (m *meter) look() {
	now := time.Now()
	if m.rested.IsZero() {
		m.rested = now
	}
	elapsed := now.Sub(m.rested)
	if elapsed < RestAfter {
		return
	}
	if m.stop != nil {
		if err := m.stop(); err != nil {
			m.end(err)
		}
	}
	m.spent += m.stretch(elapsed)
	if m.spent > m.lim.Time {
		m.end(&LimitError{LimitTime, fmt.Sprintf("budget of %v of processor time exhausted", m.lim.Time)})
	}
	giveWay()
	m.rested = time.Now() // what others took does not count
	m.thread, m.used = threadTime()
}

// stretch returns the processor time of the run since its last rest, elapsed ago. A machine that is busy with others must not end runs that
// keep to their instructions. If the run is on another thread by now, or has not rested yet, it is not known how much of elapsed it ran. It is
// never more than maxStretch: on its thread others may have run as well.
func (m *meter) stretch(elapsed time.Duration) time.Duration {
	thread, used := threadTime()
	if thread == 0 || thread != m.thread || used < m.used { // the kernel gives numbers of threads anew
		return min(elapsed, maxStretch)
	}
	return min(used-m.used, maxStretch)
}

// end marks the run dead and unwinds it.
func (m *meter) end(err error) {
	if m.dead == nil {
		m.dead = err
	}
	panic(kill{})
}

// Deadline, Err and Value complete context.Context; the VM does not use them.
func (m *meter) Deadline() (time.Time, bool) { return time.Time{}, false }

func (m *meter) Err() error { return m.dead }

func (m *meter) Value(any) any { return nil }
