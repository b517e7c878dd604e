package sandbox

import (
	"fmt"
	"time"

	"comet/aso/lua"
)

const (
	maxSlice   = 512                  // instructions between looks at the clock
	minSlice   = 16                   // the same when a run holds so much that one instruction can be slow, such as to compare two strings
	sliceBytes = 8 << 20              // what the instructions between two looks may read, each as much as the run holds
	maxStretch = 2 * time.Millisecond // what the time between two rests can count at most
)

// meter counts what a run uses. Budget.Left is the instructions until the next look at the clock.
type meter struct {
	lua.Budget
	behind int64         // instructions behind those
	mem    int64         // bytes charged
	spent  time.Duration // processor time
	dead   error         // sticky: why the run must end
	stop   func() error  // asked when the clock is; may be nil
	lim    Limits

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
	m.Left = min(maxSlice, m.lim.Instructions) // a short run never asks the clock
	m.behind = m.lim.Instructions - m.Left
	m.mem = 0
	m.spent, m.dead, m.stop = 0, nil, nil
	m.rested, m.thread = time.Time{}, 0
}

// fuel returns the instructions used so far.
func (m *meter) fuel() int64 { return m.lim.Instructions - m.behind - m.Left }

// work charges n instructions.
func (m *meter) work(n int) {
	m.Left -= int64(n)
	if m.Left < 0 {
		m.Refill()
	}
}

// Charge charges n bytes that are about to be allocated, and the work of filling them.
func (m *meter) Charge(n int) {
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

// Refill starts the next slice, or ends the run.
func (m *meter) Refill() {
	if m.dead != nil {
		panic(kill{})
	}
	need := -m.Left
	if need > m.behind {
		m.Left, m.behind = 0, 0
		m.end(&LimitError{LimitInstructions, fmt.Sprintf("budget of %d exhausted", m.lim.Instructions)})
	}
	next := min(max(sliceBytes/(m.mem+1), minSlice), maxSlice)
	take := min(need+next, m.behind)
	m.Left, m.behind = take-need, m.behind-take
	m.look()
}

// look lets the run rest every RestAfter, and ends it if it has used up its time.
func (m *meter) look() {
	if m.rested.IsZero() {
		m.rested = time.Now()
		return
	}
	elapsed := time.Since(m.rested) // it reads one clock, time.Now two
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
