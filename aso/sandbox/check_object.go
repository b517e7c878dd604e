package sandbox

import (
	"maps"
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// parameter is an entry of the params table.
type parameter struct {
	at   place
	read bool
}

// declareParams walks the params table. What is wrong with its entries the compiler says.
func (c *checker) declareParams(t *ast.TableExpr) {
	for _, f := range t.Fields {
		name, ok := f.Key.(*ast.StringExpr)
		switch {
		case ok:
			c.params[name.Value] = &parameter{at: c.names.take(name.Value, name.Line())}
		case f.Key != nil:
			c.value(f.Key)
		}
		c.value(f.Value)
	}
}

func (c *checker) unusedParams() {
	if c.whole {
		return
	}
	for name, p := range c.params {
		if !p.read {
			c.warn(p.at, "parameter %q is never read", clip(name, 64))
		}
	}
}

// index walks object.key and object[key].
func (c *checker) index(e *ast.AttrGetExpr) thing {
	if id, ok := e.Object.(*ast.IdentExpr); ok && c.fn.find(id.Value) == nil && (isLibrary(id.Value) || absent[id.Value]) {
		c.libraryField(id, e)
		return anything
	}
	object := c.expr(e.Object)
	name, at := c.key(e)
	if name == "" {
		if object == theParams {
			c.whole = true
		}
		return anything
	}
	switch object {
	case theSelf:
		return c.selfField(name, at)
	case theEv:
		c.evField(name, at)
	case theParams:
		c.readParam(name, at)
	}
	return anything
}

// libraryField checks library.name.
func (c *checker) libraryField(library *ast.IdentExpr, e *ast.AttrGetExpr) {
	at := c.names.take(library.Value, library.Line())
	name, keyAt := c.key(e)
	if absent[library.Value] {
		c.notThere(library.Value, at)
		return
	}
	if name == "" {
		return
	}
	if _, ok := stdlib.values[library.Value+"."+name]; !ok {
		c.warn(keyAt, "%s has no %s%s", library.Value, clip(name, 64), didYouMean(name, libraryNames(library.Value)))
	}
}

// notThere reports the use of something that handlers do not have, unless the source looks whether it is there: it reads as nil.
func (c *checker) notThere(name string, at place) {
	if c.tested[name] {
		return
	}
	hint := ""
	if use := instead[name]; use != "" {
		hint = ": use " + use
	}
	c.warn(at, "handlers have no %s%s", name, hint)
}

func (c *checker) selfField(name string, at place) thing {
	switch {
	case name == "params":
		return theParams
	case slices.Contains(selfFields, name), slices.Contains(effects, name):
	default:
		c.warn(at, "self has no %s%s", clip(name, 64), didYouMean(name, slices.Concat(selfFields, effects)))
	}
	return anything
}

func (c *checker) evField(name string, at place) {
	in, ok := eventFields[name]
	switch {
	case !ok:
		c.warn(at, "ev has no %s%s", clip(name, 64), didYouMean(name, slices.Sorted(maps.Keys(eventFields))))
	case c.fn.events != 0 && in&c.fn.events == 0:
		c.warn(at, "ev.%s is always nil in %s", name, c.fn.events)
	}
}

// String lists the handlers.
func (set events) String() string {
	text := ""
	for h := range handlerCount {
		if set&(1<<h) == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += h.String()
	}
	return text
}

func (c *checker) readParam(name string, at place) {
	if p := c.params[name]; p != nil {
		p.read = true
		return
	}
	c.warn(at, "parameter %q is not declared%s", clip(name, 64), didYouMean(name, slices.Sorted(maps.Keys(c.params))))
}

// readOnly reports an assignment to a field of self or ev.
func (c *checker) readOnly(object thing, name string, at place) {
	switch {
	case object == theSelf && name == "state":
		c.warn(at, "self.state cannot be replaced: change its fields")
	case object == theSelf && name == "value":
		c.warn(at, "self is read-only: return the new value, or use self:call")
	case object == theSelf:
		c.warn(at, "self is read-only: keep data in self.state")
	case object == theEv:
		c.warn(at, "ev is read-only")
	case object == theParams:
		c.warn(at, "self.params is read-only")
	}
}

// call walks a call.
func (c *checker) call(e *ast.FuncCallExpr) {
	if e.Func == nil {
		c.methodCall(e)
		return
	}
	switch f := e.Func.(type) {
	case *ast.IdentExpr:
		if v := c.fn.find(f.Value); v != nil && v.fn != nil && !v.assigned {
			c.names.take(f.Value, f.Line())
			c.localCall(v.fn, e.Args)
			return
		}
		if c.fn.find(f.Value) == nil && absent[f.Value] {
			c.notThere(f.Value, c.names.take(f.Value, f.Line()))
			c.values(e.Args)
			return
		}
	case *ast.AttrGetExpr:
		c.dotCall(f, e.Args)
		return
	}
	c.value(e.Func)
	c.values(e.Args)
}

// localCall walks a call of a local function, which tells what its parameters are.
func (c *checker) localCall(fn *ast.FunctionExpr, args []ast.Expr) {
	c.learnEvents(fn)
	for i, arg := range args {
		if i >= len(fn.ParList.Names) {
			c.value(arg)
			continue
		}
		if t := c.expr(arg); t != nothing {
			c.learnArg(fn, i, t)
			c.whole = c.whole || t == theParams && c.calleeOf(fn).args[i] == anything
		}
	}
	for i := len(args); i < len(fn.ParList.Names); i++ {
		c.learnArg(fn, i, anything)
	}
}

// dotCall walks object.name(...): methods of self are called with a colon, or get self as their first argument.
func (c *checker) dotCall(f *ast.AttrGetExpr, args []ast.Expr) {
	c.value(f)
	object, isName := f.Object.(*ast.IdentExpr)
	method, isMethod := f.Key.(*ast.StringExpr)
	if isName && isMethod && slices.Contains(effects, method.Value) {
		if v := c.fn.find(object.Value); v != nil && v.holds == theSelf && !isFirst(args, object.Value) {
			c.warn(place{line: f.Line()}, "call it as %s:%s(...)", object.Value, method.Value)
		}
	}
	c.values(args)
}

// isFirst reports whether the first argument is the variable called name.
func isFirst(args []ast.Expr, name string) bool {
	if len(args) == 0 {
		return false
	}
	id, ok := args[0].(*ast.IdentExpr)
	return ok && id.Value == name
}

// methodCall walks object:name(...).
func (c *checker) methodCall(e *ast.FuncCallExpr) {
	receiver := c.expr(e.Receiver)
	at := c.names.take(e.Method, e.Line())
	_, text := e.Receiver.(*ast.StringExpr)
	switch {
	case receiver == theSelf && !slices.Contains(effects, e.Method):
		c.warn(at, "self has no method %s%s", clip(e.Method, 64), didYouMean(e.Method, effects))
	case text && stdlib.values["string."+e.Method].IsNil():
		c.warn(at, "string has no %s%s", clip(e.Method, 64), didYouMean(e.Method, libraryNames("string")))
	}
	c.values(e.Args)
	switch {
	case receiver != theSelf:
	case e.Method == "timer" && len(e.Args) == 2:
		c.timerOptions(e.Args[1])
	case e.Method == "call" && len(e.Args) > 1 && isKeyOf(e.Args[1], e.Receiver):
		c.warn(at, "self:call names the key itself: leave out self.key")
	}
}

// isKeyOf reports whether e is object.key of a variable.
func isKeyOf(e, object ast.Expr) bool {
	field, ok := e.(*ast.AttrGetExpr)
	if !ok {
		return false
	}
	of, isName := field.Object.(*ast.IdentExpr)
	key, isField := field.Key.(*ast.StringExpr)
	self, isVariable := object.(*ast.IdentExpr)
	return isName && isField && isVariable && of.Value == self.Value && key.Value == "key"
}

// timerOptions checks the names in the options of self:timer.
func (c *checker) timerOptions(e ast.Expr) {
	options, ok := e.(*ast.TableExpr)
	if !ok {
		return
	}
	for _, f := range options.Fields {
		if key, ok := f.Key.(*ast.StringExpr); ok && !slices.Contains(timerOptions, key.Value) {
			c.warn(place{line: key.Line()}, "a timer has no option %s%s", clip(key.Value, 64), didYouMean(key.Value, timerOptions))
		}
	}
}
