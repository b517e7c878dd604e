package lua

// Assigns reports whether the function, or one in it, assigns a variable of a function around it.
func (p *Proto) Assigns() bool {
	for _, c := range p.captures {
		if c.cell && c.assign {
			return true
		}
	}
	return false
}

// Captured returns the values of the variables that a function has captured.
func (f *Function) Captured() []Value {
	out := make([]Value, len(f.ups))
	for i, v := range f.ups {
		if out[i] = v; v.is(kindCell) {
			out[i] = v.cell().v
		}
	}
	return out
}

// Functions returns the functions that stand in p, in the order of the source.
func (p *Proto) Functions() []*Proto { return p.protos }

// SetSource sets the source of p and of the functions in it.
func (p *Proto) SetSource(source string) {
	p.Source = source
	for _, inner := range p.protos {
		inner.SetSource(source)
	}
}

// Replace puts other values in the place of constants, in p and in the functions in it. Nothing may be running p.
func (p *Proto) Replace(other func(Value) Value) {
	for i, v := range p.consts {
		p.consts[i] = other(v)
	}
	for _, inner := range p.protos {
		inner.Replace(other)
	}
}
