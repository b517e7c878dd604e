package sandbox

import (
	"fmt"
	"time"
)

const (
	sliceCalm  = 128                  // instructions between looks at the clock
	sliceHeavy = 16                   // the same once a run holds enough bytes to make one instruction slow
	heavyBytes = 16 << 10             // charged bytes from which a run is heavy
	maxGap     = 4 * time.Millisecond // what one gap between two looks can count, however long the process slept
)

// meter counts what a run uses. It is the interpreter's context: the VM asks
// Done once before each instruction.
type meter struct {
	slice int64 // instructions until the next look at the clock
	left  int64 // instructions behind that slice
	mem   int64 // bytes charged
	seen  time.Time
	spent time.Duration
	rests time.Duration // spent at which the run rests next
	dead  error         // sticky: why the run must end
	lim   Limits
}

// kill is the panic value of a run that must end. Its reason is in meter.dead.
type kill struct{}

func (kill) Error() string { return "run ended" }

func (m *meter) start(lim Limits) {
	m.lim = lim
	m.slice = min(sliceCalm, lim.Instructions) // a short run never asks the clock
	m.left = lim.Instructions - m.slice
	m.mem = 0
	m.seen, m.spent, m.rests, m.dead = time.Time{}, 0, restAfter, nil
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

// look adds the time since the last look. A process that was descheduled must
// not lose its run to that, hence the cap on a gap.
func (m *meter) look() {
	now := time.Now()
	if !m.seen.IsZero() {
		m.spent += min(now.Sub(m.seen), maxGap)
	}
	m.seen = now
	if m.spent > m.lim.Wall {
		m.end(&LimitError{LimitTime, fmt.Sprintf("budget of %v of run time exhausted", m.lim.Wall)})
	}
	if m.spent >= m.rests {
		m.rests = m.spent + restAfter
		rest()
		m.seen = time.Now() // what others took does not count
	}
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
