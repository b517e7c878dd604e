package sandbox

// symbol is one declared local variable.
type symbol struct {
	name  string
	owner *function
	given bool // KEYS or ARGV of a script, which has them as globals
}

// function is a function being rewritten, with its open scopes.
type function struct {
	parent   *function
	scopes   []map[string]*symbol
	upvalues map[*symbol]bool
}

// maxUpvalues stays below 255: the VM counts them in a byte and wraps.
const maxUpvalues = 200

func (f *function) open() { f.scopes = append(f.scopes, nil) }

func (f *function) close() { f.scopes = f.scopes[:len(f.scopes)-1] }

func (f *function) declare(name string) *symbol {
	top := len(f.scopes) - 1
	if f.scopes[top] == nil {
		f.scopes[top] = map[string]*symbol{}
	}
	s := &symbol{name: name, owner: f}
	f.scopes[top][name] = s
	return s
}

// find returns the innermost declaration of name, or nil.
func (f *function) find(name string) *symbol {
	for ; f != nil; f = f.parent {
		for i := len(f.scopes) - 1; i >= 0; i-- {
			if s := f.scopes[i][name]; s != nil {
				return s
			}
		}
	}
	return nil
}

// capture notes that f uses s, so that f and the functions around it hold it as
// an upvalue. It reports whether all of them have room.
func (f *function) capture(s *symbol) bool {
	for ; f != s.owner; f = f.parent {
		if f.upvalues == nil {
			f.upvalues = map[*symbol]bool{}
		}
		f.upvalues[s] = true
		if len(f.upvalues) > maxUpvalues {
			return false
		}
	}
	return true
}
