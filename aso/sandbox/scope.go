package sandbox

// symbol is one declared local variable.
type symbol struct {
	owner *function
	given bool // KEYS or ARGV of a script, which has them as globals
}

// function is a function that is being resolved, with its open scopes.
type function struct {
	parent *function
	scopes []map[string]*symbol
}

func newFunction(parent *function) *function {
	return &function{parent: parent, scopes: []map[string]*symbol{nil}}
}

func (f *function) open() { f.scopes = append(f.scopes, nil) }

func (f *function) close() { f.scopes = f.scopes[:len(f.scopes)-1] }

func (f *function) declare(names ...string) {
	for _, name := range names {
		f.put(name, &symbol{owner: f})
	}
}

// give declares a variable that stands for a global.
func (f *function) give(name string) { f.put(name, &symbol{owner: f, given: true}) }

func (f *function) put(name string, s *symbol) {
	top := len(f.scopes) - 1
	if f.scopes[top] == nil {
		f.scopes[top] = map[string]*symbol{}
	}
	f.scopes[top][name] = s
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
