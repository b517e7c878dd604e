package sandbox

import (
	"sync"
	"sync/atomic"
)

// Host is what a running handler may see and do. Its methods run on the
// goroutine that called Pool.Run, inside the Lua call.
type Host interface {
	// Event returns ev.<field>; false means there is no such field. A value is
	// asked for once per run.
	Event(field string) (Value, bool)
	// Words returns ev.<field> if it is a list of words. They are in memory of the
	// host, and are copied at once.
	Words(field string) ([][]byte, bool)
	// Self returns self.key, self.type, self.value and other fields of the object;
	// false means there is no such field. It is asked each time, as the handler may
	// have changed the object.
	Self(field string) (Value, bool)
	// Call performs an effect: a method of self (call, expire, expireat, persist,
	// ttl, delete, timer, cancel, timers, send, reply, publish) or log. It
	// must not keep args. An error becomes a Lua error, a *LimitError ends the run.
	Call(fn string, args []Value) (Value, error)
}

// Run is one call of a handler.
type Run struct {
	Program  *Program
	Handler  Handler
	Host     Host
	State    []byte // encoded state of the object, empty for none; not changed
	StateBuf []byte // optional: Outcome.State is appended to StateBuf[:0]
	Params   Params // zero means the defaults
	Now      int64  // ms since 1970, what now() returns
	Seed     uint64 // of rand(), math.random and uuid()
	Limits   Limits
	Failure  Value                            // what onError gets as its third argument
	Secret   func(name string) ([]byte, bool) // keys of hash.hmac; nil means none
	Keeps    bool                             // the worker stays with the Run for the next call, until Pool.Release

	out    Outcome
	worker *worker
}

// Verdict is what a handler decided.
type Verdict uint8

// The verdicts.
const (
	None    Verdict = iota // nothing returned
	Replace                // Outcome.Value was returned
	Deny                   // deny(Outcome.Text)
	Keep                   // keep(Outcome.KeepMS)
	Missing                // missing()
	Wait                   // wait(Outcome.KeepMS)
)

// Outcome is the result of a run.
type Outcome struct {
	Verdict      Verdict
	Value        Value
	Text         string // of deny: one line, at most 512 bytes
	KeepMS       int64  // of keep and wait, 0 when none was given
	State        []byte // the new state, when StateChanged; empty when nothing is left
	StateChanged bool
	Fuel         int64 // instructions charged; also set when the run failed
	Peak         int64 // bytes charged; also set when the run failed
}

// Pool keeps idle workers. It is safe for concurrent use.
type Pool struct {
	warm atomic.Pointer[worker] // the one given back last, or nil
	mu   struct {
		sync.Mutex
		idle []*worker // last in, first out: the warmest first
	}
	max   int // of idle
	class *class
}

// NewPool makes a pool that keeps at most max idle workers. It never refuses a
// run: how many are busy is up to the callers.
func NewPool(max int) *Pool { return &Pool{max: max, class: handlerClass} }

// Run calls a handler of r.Program. The error is a *LimitError or a *ScriptError.
// A program without that handler does nothing. The outcome is part of r: it stands
// until r runs again.
func (p *Pool) Run(r *Run) (*Outcome, error) {
	r.out = Outcome{}
	if !r.Program.Has(r.Handler) {
		return &r.out, nil
	}
	w := r.worker
	if w == nil {
		w = p.take()
	}
	err := w.run(r)
	switch {
	case r.Keeps && !w.broken:
		r.worker = w
	default:
		r.worker = nil
		p.give(w)
	}
	return &r.out, err
}

// Release takes back the worker that r kept, and drops all that r refers to.
func (p *Pool) Release(r *Run) {
	if r.worker != nil {
		p.give(r.worker)
	}
	*r = Run{}
}

// Idle returns the number of workers that are kept.
func (p *Pool) Idle() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.mu.idle)
	if p.warm.Load() != nil {
		n++
	}
	return n
}

func (p *Pool) take() *worker {
	if w := p.warm.Swap(nil); w != nil {
		return w
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.mu.idle) - 1
	if last < 0 {
		return newWorker(p.class)
	}
	w := p.mu.idle[last]
	p.mu.idle[last] = nil
	p.mu.idle = p.mu.idle[:last]
	return w
}

func (p *Pool) give(w *worker) {
	if w.broken {
		return
	}
	if p.max > 0 && p.warm.CompareAndSwap(nil, w) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.mu.idle) < p.max-1 {
		p.mu.idle = append(p.mu.idle, w)
	}
}
