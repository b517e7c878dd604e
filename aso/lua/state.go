package lua

import "sync/atomic"

// Budget counts instructions down.
type Budget struct {
	Left int64 // until Owner.Refill
}

// Owner is who a State works for.
type Owner interface {
	// Refill is called when Budget.Left has become negative. It raises it, or ends the run by a panic with anything but an *Error.
	Refill()
	// Charge is called before bytes are allocated, and may end the run in the same way.
	Charge(bytes int)
	// Refuse is called before a write to a table whose Access is not Plain; it ends the call or the run. by is set when a library function writes.
	Refuse(L *State, t *Table, by bool)
}

// Options are the bounds of a State and of its coroutines.
type Options struct {
	Main, Thread Sizes
	Nested       int // calls from Go, metamethods, protected calls and coroutines among them: so many are one too many
}

// Sizes bound a stack, which begins small and grows.
type Sizes struct {
	Slots, MaxSlots   int // registers of all frames together
	Frames, MaxFrames int // nested calls
}

// MultRet as a number of results stands for all.
const MultRet = -1

// State is one interpreter, or a coroutine of one. It is used by one goroutine at a time.
type State struct {
	Owner   Owner
	Budget  *Budget
	Globals *Table
	Strings *Table // the metatable of strings

	options *Options
	sizes   *Sizes
	shared  *shared
	stack   []Value
	frames  []frame
	frame   *frame     // of what execute has fetched
	depth   int        // of frames
	base    int        // the first argument of the function of the host that runs
	top     int        // behind the last value in use: of that function, or the last register of Lua code
	open    int        // behind an open list of values
	high    int        // the highest top since Reset
	inside  int        // calls from Go that a yield cannot leave
	co      *coroutine // nil in the main state
}

// shared is what coroutines have in common with the main state.
type shared struct {
	run     uint64 // counted by Reset
	nested  int
	objects uint32 // tables and functions made
	current *State // nil is the main state
}

// frame is a call.
type frame struct {
	fn    *Function
	pc    int32
	base  int32 // register 0
	at    int32 // where the function is, and its results go
	want  int32 // results, openEnd is all
	extra int32 // arguments behind the parameters, just under register 0
	tails int16 // calls that it has taken the place of
	kind  frameKind
}

type frameKind uint8

const (
	inner    frameKind = iota // called by Lua code
	entered                   // called from Go, where its results go
	iterator                  // called by opForIn
)

// New makes an interpreter.
func New(owner Owner, budget *Budget, o Options) *State {
	L := &State{Owner: owner, Budget: budget, options: &o, sizes: &o.Main, shared: &shared{}}
	L.makeStack()
	return L
}

// Reset forgets all values of the run before. Coroutines of that run are dead.
func (L *State) Reset() {
	if len(L.stack) > L.sizes.Slots || len(L.frames) > L.sizes.Frames {
		L.makeStack()
	} else {
		clear(L.stack[:min(L.high+hostRoom, len(L.stack))])
	}
	L.frame, L.depth, L.base, L.top, L.open, L.inside, L.high = nil, 0, 0, 0, 0, 0, 0
	*L.shared = shared{run: L.shared.run + 1}
}

// hostFunctions counts the functions of the host, for their ids.
var hostFunctions atomic.Uint32

// Get returns argument i, counted from 1, or nil behind the last. Below 0 it counts from the last value.
func (L *State) Get(i int) Value {
	at := L.base + i - 1
	if i < 0 {
		at = L.top + i
	}
	if at < L.base || at >= L.top {
		return Nil
	}
	return L.stack[at]
}

// GetTop returns the number of values: the arguments and what was pushed.
func (L *State) GetTop() int { return L.top - L.base }

// SetTop drops values, or adds nils.
func (L *State) SetTop(n int) {
	end := L.base + n
	L.room(end)
	for i := L.top; i < end; i++ {
		L.stack[i] = Nil
	}
	L.top = end
}

// Pop drops n values.
func (L *State) Pop(n int) { L.top -= n }

// Push adds a value.
func (L *State) Push(v Value) {
	if L.top >= len(L.stack) {
		L.grow(L.top + 1)
	}
	L.stack[L.top] = v
	L.top++
}

// work takes n instructions.
func (L *State) work(n int) {
	L.Budget.Left -= int64(n)
	if L.Budget.Left < 0 {
		L.Owner.Refill()
	}
}

func (L *State) nextID() uint32 {
	L.shared.objects++
	return L.shared.objects
}

// NewTable makes a table, and charges for it.
func (L *State) NewTable(items, fields int) *Table {
	L.Owner.Charge(tableBytes)
	L.chargeTable(items, fields)
	t := NewTable(items, fields)
	t.id = L.nextID()
	return t
}

func (L *State) chargeTable(items, fields int) {
	if fields > 0 {
		fields = nodesFor(fields)
	}
	if n := items*valueBytes + fields*nodeBytes; n > 0 {
		L.Owner.Charge(n)
	}
}
