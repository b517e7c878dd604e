package wire

// BigArg is the length in bytes from which an argument is its own allocation: the
// Reader never touches it again, so who receives it may keep it without a copy.
const BigArg = 32 << 10

// argOverhead is the memory of an argument beside its bytes.
const argOverhead = 24

// Reader finds commands in the bytes a client sends, without copying arguments
// shorter than BigArg. The cycle is: read into Space, Filled, Next until it
// returns nil, Release, and Idle before waiting.
//
// An incomplete command is not scanned again when more of it arrives: parsed
// arguments stay where they are, and when a chunk is full the next one is chained
// to it.
type Reader struct {
	limits Limits

	buf      *buffer   // current chunk; nil when idle
	pos, end int       // unparsed bytes of the chunk
	full     []*buffer // earlier chunks that arguments point into
	stash    []byte    // unparsed bytes while there is no chunk

	args      [][]byte // arguments since Release, and of the incomplete command
	first     int      // where in args the incomplete command begins
	start     int      // where in the chunk it begins, -1 when in an earlier chunk
	firstFull int      // in which of full it begins, when start is -1
	left      int      // arguments it still lacks; 0 between commands
	size      int64    // memory of its arguments
	hasBig    bool     // one of its arguments is a BigArg
	scanned   int      // bytes at pos known to hold no line end

	bulk int    // length of the argument being read, -1 when not known
	big  []byte // that argument when it is a BigArg
	got  int    // bytes of big that have arrived

	err error
}

// NewReader returns a Reader that holds no memory until Space is called.
func NewReader(limits Limits) *Reader {
	return &Reader{limits: limits, bulk: -1}
}

// Rest returns how many of the bytes received stand behind the command that Next returned last.
func (r *Reader) Rest() int { return r.end - r.pos }

// SetLimits changes the limits for lengths that are announced from now on.
func (r *Reader) SetLimits(limits Limits) { r.limits = limits }

// Next returns the arguments of the next complete command, or nil when more bytes
// are needed. Empty commands are skipped. Errors are a ProtocolError or
// ErrCommandTooLarge, and final. Arguments are borrowed until Release, except
// those of at least BigArg bytes.
func (r *Reader) Next() ([][]byte, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.stash != nil {
		r.attach()
	}
	for {
		if r.left == 0 {
			if r.pos == r.end {
				return nil, nil
			}
			r.begin()
			if r.buf.chunk[r.pos] != '*' {
				done, err := r.inline()
				if err != nil || !done {
					return nil, r.fail(err)
				}
				if r.first == len(r.args) {
					continue
				}
				return r.command(), nil
			}
			if r.whole() {
				return r.command(), nil
			}
			ok, err := r.count()
			if err != nil || !ok {
				return nil, r.fail(err)
			}
		}
		ok, err := r.arguments()
		if err != nil || !ok {
			return nil, r.fail(err)
		}
		if r.first < len(r.args) {
			return r.command(), nil
		}
	}
}

func (r *Reader) fail(err error) error {
	r.err = err
	return err
}

func (r *Reader) begin() {
	r.first, r.start = len(r.args), r.pos
	r.size, r.hasBig = 0, false
}

func (r *Reader) command() [][]byte {
	return r.args[r.first:len(r.args):len(r.args)]
}
