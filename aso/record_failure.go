package aso

import (
	"slices"
	"strconv"
	"sync"

	"comet/aso/sandbox"
)

// FailedRun is a handler run that failed, with all that it depended on: it can run again, and fails again.
type FailedRun struct {
	ID      uint64 // of its event
	Time    int64  // Unix milliseconds
	DB      int
	Key     string
	Handler string // name@version
	Event   sandbox.Handler
	Error   string // as clients see it
	Fuel    int64
	Fields  []sandbox.Field // of ev, that the command or the timer tells

	code    *Code
	image   []byte // effects that make the object as it was when the run began; empty if it was not there
	state   []byte
	params  []byte
	limits  sandbox.Limits
	failure sandbox.Value // that onError was told of
	by      Invoker
}

// Invoker returns the user who has set off the run; that it runs again is in the name of the same user.
func (f *FailedRun) Invoker() Invoker { return f.by }

// ErrNoRecord is returned where no recorded failure has the id.
const ErrNoRecord = Error("ERR no such recorded failure")

const (
	defaultRecordMax = 64
	recordBytes      = 256 << 10 // of a failure; larger ones are not recorded
	allRecordBytes   = 8 << 20
)

// failedRuns keeps the latest failures, in memory only: they hold values and arguments.
type failedRuns struct {
	mu    sync.Mutex // guards the rest; a leaf, taken under partition locks
	runs  []*FailedRun
	bytes int
	max   int
}

// recordedFields are the fields of ev that a run can depend on besides the object, the clock and the seed.
var recordedFields = [...]string{
	"cmd", "args", "fields", "user", "addr", "client", "old", "new", "from", "message", "payload", "hops", "cause", "reply_to", "error", "timer", "due", "late",
	"attempt", "missed", "data", "failed",
}

// SetRecordMax sets how many failures are kept.
func (ks *Keyspace) SetRecordMax(n int) {
	r := &ks.failed
	r.mu.Lock()
	defer r.mu.Unlock()
	r.max = n
	r.trim()
}

func (r *failedRuns) trim() {
	for len(r.runs) > 0 && (len(r.runs) > r.max || r.bytes > allRecordBytes) {
		r.bytes -= r.runs[0].size()
		r.runs = slices.Delete(r.runs, 0, 1)
	}
}

func (f *FailedRun) size() int {
	n := 256 + len(f.Key) + len(f.Error) + len(f.image) + len(f.state) + len(f.params)
	for i := range f.Fields {
		n += len(f.Fields[i].Key.Str) + sizeOf(&f.Fields[i].Value)
	}
	return n
}

// FailedRuns returns the recorded failures, the newest first.
func (ks *Keyspace) FailedRuns() []*FailedRun {
	ks.failed.mu.Lock()
	defer ks.failed.mu.Unlock()
	runs := slices.Clone(ks.failed.runs)
	slices.Reverse(runs)
	return runs
}

// FailedRun returns the recorded failure with an id as Name writes it.
func (ks *Keyspace) FailedRun(name string) (*FailedRun, error) {
	for _, f := range ks.FailedRuns() {
		if f.Name() == name {
			return f, nil
		}
	}
	return nil, ErrNoRecord
}

// Name returns the id as handlers see it in ev.id.
func (f *FailedRun) Name() string { return strconv.FormatUint(f.ID, 36) }

// record keeps a run of a that failed. What it had done is taken back, so that the object is as the run found it.
func (h *host) record(a *acting, outcome *sandbox.Outcome, cause error) {
	tx, r := h.tx, &h.tx.ks.failed
	f := &FailedRun{
		ID: h.id, Time: tx.now, DB: tx.db, Key: string(h.key), Handler: a.code.Name(), Event: h.event.Handler, Error: handlerError(cause).Error(),
		Fuel: outcome.Fuel, code: a.code, state: slices.Clone(h.section.state), params: slices.Clone(a.params), limits: h.call.Limits, failure: h.failure, by: invokerOf(h.event.Fields),
	}
	if !tx.recordable(h.key) {
		return
	}
	if e := tx.find(h.key); e.r != 0 {
		var log effectLog
		tx.capture(&log, e, tx.record(&e))
		f.image = log.buf
	}
	if h.event.Fields != nil {
		for _, name := range recordedFields {
			if v, ok := h.event.Fields.Field(name); ok {
				f.Fields = append(f.Fields, sandbox.Field{Key: sandbox.StringValue(name), Value: v})
			}
		}
	}
	size := f.size()
	if size > recordBytes {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.max > 0 {
		r.runs = append(r.runs, f)
		r.bytes += size
		r.trim()
	}
}

// recordable reports whether the object at key is small enough to be recorded.
func (tx *Tx) recordable(key []byte) bool {
	e := tx.find(key)
	if e.r == 0 {
		return true
	}
	rec := tx.record(&e)
	return !rec.has(isLarge) || memUsage(e.p.large.get(rec.handle())) <= recordBytes
}

// Field returns ev.<name>.
func (f *FailedRun) Field(name string) (sandbox.Value, bool) {
	for i := range f.Fields {
		if f.Fields[i].Key.Str == name {
			return f.Fields[i].Value, true
		}
	}
	return sandbox.Value{}, false
}

// RunAgain runs f again as a dry run, with the handler that with names, or its own if that is empty, on the object as it was, with the clock,
// the random numbers and the limits of then. The Tx holds the lock of the object.
func (tx *Tx) RunAgain(f *FailedRun, with string) (*DryRun, error) {
	code := f.code // also if it is not loaded any more
	if with != "" {
		var err error
		if code, err = tx.ks.Code(with); err != nil {
			return nil, err
		}
	}
	d := &DryRun{Key: []byte(f.Key), Now: f.Time, limits: &f.limits}
	var failed error
	err := tx.DryRun(d, func() { failed = tx.runAgain(f, code) })
	if err == nil {
		err = failed
	}
	return d, err
}

func (tx *Tx) runAgain(f *FailedRun, code *Code) error {
	tx.Select(f.DB)
	key := []byte(f.Key)
	tx.replay = true
	tx.applyDelete(key)
	err := tx.apply(&decoder{buf: f.image}, 0, noSlot)
	tx.replay = false
	tx.Select(f.DB)
	if err != nil {
		return err
	}
	h := tx.takeHost(key, &Event{Handler: f.Event, ID: f.ID, Fields: f})
	defer tx.giveHost(h)
	defer tx.releaseTime(tx.holdTime())
	if err := h.readSection(); err != nil {
		return err
	}
	h.section.state, h.failure = f.state, f.failure
	a := acting{code: code, params: f.params, at: -1}
	outcome, cause := h.execute(&a)
	h.count(&a, outcome, cause)
	return nil
}
