package lua

// coroutine is what a State that is one has besides.
type coroutine struct {
	fn       *Function // until it begins
	run      uint64    // that it belongs to
	status   string
	resumer  *State // nil unless it runs or has resumed another
	transfer []Value
}

// What Status says.
const (
	suspended = "suspended"
	running   = "running"
	normal    = "normal"
	dead      = "dead"
)

// yielded is what a function of the host returns that yields.
const yielded = -1

// NewThread makes a coroutine that calls fn, a function in Lua, with what the first Resume gets.
func (L *State) NewThread(fn *Function) *State {
	o := L.options
	thread := &State{
		Owner: L.Owner, Budget: L.Budget, Globals: L.Globals, Strings: L.Strings, options: o, sizes: &o.Thread, shared: L.shared,
		co: &coroutine{fn: fn, run: L.shared.run, status: suspended},
	}
	L.Owner.Charge(stateBytes + o.Thread.Slots*valueBytes + o.Thread.Frames*frameBytes)
	thread.makeStack()
	return thread
}

const stateBytes = 320 // of a coroutine besides its stack

// Status is what coroutine.status says of a coroutine. One of another run is dead.
func (L *State) Status(thread *State) string {
	if thread.shared != L.shared || thread.co.run != L.shared.run {
		return dead
	}
	return thread.co.status
}

// Running returns the coroutine that runs, nil for the main state.
func (L *State) Running() *State { return L.shared.current }

// Resume lets a coroutine work until it yields, ends or fails. The results are valid until it is resumed again.
func (L *State) Resume(thread *State, args []Value) (results []Value, err *Error) {
	if status := L.Status(thread); status != suspended {
		return nil, &Error{Value: String("cannot resume " + status + " coroutine")}
	}
	if L.shared.nested >= L.options.Nested {
		return nil, &Error{Value: String("C stack overflow")}
	}
	co := thread.co
	L.shared.nested++
	nested := L.shared.nested
	co.resumer, co.status, L.shared.current = L, running, thread
	if L.co != nil {
		L.co.status = normal
	}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*Error)
			if !ok {
				panic(r)
			}
			co.status = dead
			results, err = nil, e
		}
		L.shared.nested = nested - 1
		L.shared.current, co.resumer = nil, nil
		if L.co != nil {
			L.co.status, L.shared.current = running, L
		}
	}()
	if !thread.resume(args) {
		co.status = suspended
		return co.transfer, nil
	}
	co.status = dead
	return thread.stack[:thread.open], nil
}

// resume begins or goes on, and reports whether the coroutine has ended.
func (L *State) resume(args []Value) bool {
	if fn := L.co.fn; fn != nil {
		L.co.fn = nil
		L.room(len(args) + 1)
		L.stack[0] = fn.Value()
		copy(L.stack[1:], args)
		L.enter(fn, 0, len(args), openEnd).kind = entered
		return L.execute()
	}
	fr := &L.frames[L.depth-1]
	call := fr.fn.Proto.code[fr.pc-1]
	at, want := int(fr.base)+call.a(), openEnd
	if call.op() == opCall {
		want = call.c()
	}
	L.room(at + len(args))
	L.deliverAll(args, at, want)
	return L.execute()
}

// deliverAll is deliver for values that are not on this stack.
func (L *State) deliverAll(values []Value, to, want int) {
	if want == openEnd {
		want = len(values)
		L.open = to + want
	}
	n := copy(L.stack[to:to+want], values)
	clear(L.stack[to+n : to+want])
}

// Yield ends the turn of the coroutine that runs: its Resume returns the values. A function of the host ends with return L.Yield(...).
func (L *State) Yield(values ...Value) int {
	if L.co == nil || L.inside > 0 {
		L.fail("attempt to yield across metamethod/C-call boundary")
	}
	L.co.transfer = values
	return yielded
}
