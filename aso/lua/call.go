package lua

// hostRoom is what a function of the host can push at least.
const hostRoom = 24

// Call calls the function behind args arguments that were pushed, and leaves so many results in their place.
func (L *State) Call(args, results int) {
	at := L.top - args - 1
	L.call(at, args, results)
	if results == MultRet {
		L.top = L.open
	} else {
		L.top = at + results
	}
}

// call calls the value at a register with n arguments behind it, from Go. Its results come to that register; if all are wanted L.open is behind
// the last.
func (L *State) call(at, n, results int) {
	want := openEnd
	if results >= 0 {
		want = results
	}
	L.nest()
	f, n := L.callee(at, n, -1)
	L.inside++
	if f.Go != nil {
		L.callHost(f, at, n, want)
	} else {
		base, top := L.base, L.top
		L.enter(f, at, n, want).kind = entered
		L.execute()
		L.base, L.top = base, top
	}
	L.inside--
	L.shared.nested--
}

// callee returns the function that a call of the value at a register calls. A value that is no function is an argument of its __call.
func (L *State) callee(at, n, reg int) (*Function, int) {
	v := L.stack[at]
	if f := v.Function(); f != nil {
		return f, n
	}
	f := L.metaField(v, nameCall).Function()
	if f == nil {
		L.typeError("call", v, reg)
	}
	L.room(at + n + 2)
	copy(L.stack[at+1:at+n+2], L.stack[at:at+n+1])
	L.stack[at] = f.Value()
	return f, n + 1
}

// enter begins a call of a function in Lua.
func (L *State) enter(f *Function, at, n, want int) *frame {
	p := f.Proto
	base, extra := at+1, 0
	if p.Vararg {
		base += n
	}
	top := base + p.Slots
	if L.depth >= len(L.frames) || top >= len(L.stack) {
		L.grow(top + 1)
	}
	switch {
	case p.Vararg:
		extra = max(n-p.Params, 0)
		part(L.stack[at+1:base], L.stack[base:base+p.Params])
	case n < p.Params:
		clear(L.stack[base+n : base+p.Params])
	}
	fr := &L.frames[L.depth]
	L.depth++
	fr.fn, fr.pc, fr.base, fr.at, fr.want, fr.extra, fr.tails, fr.kind = f, 0, int32(base), int32(at), int32(want), int32(extra), 0, inner
	L.high = max(L.high, top)
	return fr
}

// part brings the arguments that are parameters to their registers. What is behind them stays for "...".
func part(args, params []Value) {
	n := copy(params, args)
	clear(args[:n])
	clear(params[n:])
}

// callHost calls a function of the host. It reports false if that yields: then its results are what Resume gets.
func (L *State) callHost(f *Function, at, n, want int) bool {
	base, top := L.base, L.top
	if L.depth >= len(L.frames) || at+1+n+hostRoom > len(L.stack) {
		L.grow(at + 1 + n + hostRoom)
	}
	fr := &L.frames[L.depth]
	fr.fn, fr.tails, fr.want = f, 0, int32(want)
	L.depth++
	L.base, L.top = at+1, at+1+n
	got := f.Go(L)
	L.depth--
	L.high = max(L.high, L.top)
	if got == yielded {
		L.base, L.top = base, top
		return false
	}
	L.deliver(L.top-got, got, at, want)
	L.base, L.top = base, top
	return true
}

// Unwanted reports whether the call of the function of the host that runs drops its results.
func (L *State) Unwanted() bool { return L.frames[L.depth-1].want == 0 }

// deliver brings got values to where a call wants its results; they do not overlap what is above them.
func (L *State) deliver(from, got, to, want int) {
	if want == openEnd {
		copy(L.stack[to:to+got], L.stack[from:from+got])
		L.open = to + got
		return
	}
	for i := range want {
		if i < got {
			L.stack[to+i] = L.stack[from+i]
		} else {
			L.stack[to+i] = Nil
		}
	}
}

// PCall calls a function and returns its results, which are valid until the next call, or the error that it raised.
func (L *State) PCall(fn Value, args ...Value) (results []Value, err *Error) {
	depth, base, top, inside, nested, current := L.depth, L.base, L.top, L.inside, L.shared.nested, L.shared.current
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*Error)
			if !ok {
				panic(r)
			}
			results, err = nil, e
			L.shared.current = current
		}
		L.depth, L.base, L.top, L.inside, L.shared.nested = depth, base, top, inside, nested
	}()
	L.room(top + 1 + len(args))
	L.stack[top] = fn
	copy(L.stack[top+1:], args)
	L.top += 1 + len(args)
	L.call(top, len(args), MultRet)
	return L.stack[top:L.open], nil
}
