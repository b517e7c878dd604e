package lua

// GoFunction is a function of the host. It finds its arguments with L.Get, pushes its results and returns their number.
type GoFunction func(L *State) int

// Function is a closure, or a function of the host.
type Function struct {
	Proto *Proto     // of Lua code
	Go    GoFunction // of the host; exactly one of the two is set
	ups   []Value    // of Lua code: the captured values, or cells
	id    uint32
	over  Iterator // of the host: what loops do without a call
}

// NewFunction makes a function of the host.
func NewFunction(fn GoFunction) *Function { return &Function{Go: fn, id: hostFunctions.Add(1) << 16} }

// Iterator tells what a function of the host lists, for loops that need not call it then.
type Iterator uint8

// The iterators.
const (
	Items Iterator = iota + 1 // the items of a table up to the first nil, as that of ipairs
	Pairs                     // all pairs of a table, as next
)

// NewIterator makes a function of the host that loops over a table take a shorter way to. Only where that would fail they call it.
func NewIterator(fn GoFunction, over Iterator) *Function {
	f := NewFunction(fn)
	f.over = over
	return f
}

// NewClosure makes a function of a main chunk.
func NewClosure(p *Proto) *Function { return &Function{Proto: p} }

// Proto is the code of a function. It does not change after Compile.
type Proto struct {
	Name     string // of the chunk, as messages call it
	Source   string // of the chunk; "" is "@" and its name
	Line     int    // where the function begins
	Params   int
	Vararg   bool
	Slots    int // registers it needs
	code     []instr
	lines    []int32 // by instruction
	consts   []Value
	hashes   []uint32 // of those that are strings
	protos   []*Proto
	captures []capture
	names    map[operand]string // what error messages call operands
}

func (p *Proto) source() string {
	if p.Source == "" {
		return "@" + p.Name
	}
	return p.Source
}

// capture tells where a closure finds a variable when it is made.
type capture struct {
	local  bool // a register of the function around, else a variable that it has captured itself
	index  int
	cell   bool // shared and assigned; else it is a copy
	self   bool // the closure itself, which is not there yet
	assign bool // the function, or one in it, assigns the variable
	name   string
}

// operand is a register as an instruction uses it. The name of an operand is such as "local 'x'" or "field 'y'".
type operand struct {
	pc  int
	reg int // a register, or constBit and a constant
}
