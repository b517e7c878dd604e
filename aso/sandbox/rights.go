package sandbox

import "github.com/yuin/gopher-lua/ast"

// Rights say on whose behalf a handler acts.
type Rights uint8

// The rights of handlers.
const (
	Definer Rights = iota // it may do what it was granted, whoever sets it off
	Invoker               // besides, the user whose command sets it off must be allowed to do that
)

var rightsNames = [...]string{Definer: "definer", Invoker: "invoker"}

// String returns the word for r in sources.
func (r Rights) String() string { return rightsNames[r] }

// Rights returns what the source declares.
func (p *Program) Rights() Rights { return p.rights }

// rightsWord takes the declaration of the rights.
func (r *resolver) rightsWord(s *ast.AssignStmt) {
	word, ok := s.Rhs[0].(*ast.StringExpr)
	if !ok || r.rightsSaid {
		r.fail(s, "rights must be one word")
		return
	}
	r.rightsSaid = true
	for i, name := range rightsNames {
		if word.Value == name {
			r.rights = Rights(i)
			return
		}
	}
	r.fail(s, "rights are %q or %q", Definer, Invoker)
}
