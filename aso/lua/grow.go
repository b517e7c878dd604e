package lua

func (L *State) makeStack() {
	L.stack, L.frames = make([]Value, L.sizes.Slots), make([]frame, L.sizes.Frames)
}

// room makes sure that there are registers up to end.
func (L *State) room(end int) {
	if end > len(L.stack) {
		L.grow(end)
	}
}

// grow makes room for registers up to end, and for one more call. What holds a part of the stack or a frame must fetch them again.
// Reading the old ones is harmless: nobody but a function itself, and what brings it results, writes its registers.
func (L *State) grow(end int) {
	if end > L.sizes.MaxSlots || L.depth >= L.sizes.MaxFrames {
		L.fail("stack overflow")
	}
	if n := len(L.stack); end > n {
		n = min(max(2*n, end+hostRoom), L.sizes.MaxSlots)
		L.Owner.Charge(n * valueBytes)
		stack := make([]Value, n)
		copy(stack, L.stack)
		L.stack = stack
	}
	if n := len(L.frames); L.depth >= n {
		n = min(2*n, L.sizes.MaxFrames)
		L.Owner.Charge(n * frameBytes)
		frames := make([]frame, n)
		copy(frames, L.frames)
		L.frames = frames
	}
}

const frameBytes = 40

// Bytes returns what a coroutine takes.
func (L *State) Bytes() int { return stateBytes + len(L.stack)*valueBytes + len(L.frames)*frameBytes }

// Nested returns how many calls from Go there are around.
func (L *State) Nested() int { return L.shared.nested }

// nest counts a call from Go. As in PUC Lua the first that is one too many can be caught and reported, by a few more calls.
func (L *State) nest() {
	L.shared.nested++
	if L.shared.nested >= L.options.Nested {
		L.tooDeep()
	}
}

func (L *State) tooDeep() {
	n, most := L.shared.nested, L.options.Nested
	if n == most {
		L.fail("C stack overflow")
	}
	if n >= most+most>>3 {
		L.Error(String("error in error handling"), 0)
	}
}
