package wire

// whole takes a command that is in the chunk to its last byte and has only arguments of ordinary size, as most are. For others it does
// nothing and reports false: the general way reads what is there, and knows the errors.
func (r *Reader) whole() bool {
	b := r.buf.chunk[:r.end]
	count, at := shortNumber(b, r.pos+1)
	if count == 0 || r.limits.Unauthenticated {
		return false
	}
	args, longest := r.args, int(min(r.limits.MaxBulk, BigArg-1))
	for range count {
		if at >= len(b) || b[at] != '$' {
			return false
		}
		n, start := shortNumber(b, at+1)
		end := start + n
		if start == 0 || n > longest || end+2 > len(b) {
			return false
		}
		args = append(args, b[start:end:end])
		at = end + 2
	}
	if int64(at-r.pos+count*argOverhead) > r.limits.MaxCommand {
		return false // perhaps too large: this counted the lines between the arguments too
	}
	r.args, r.pos, r.scanned = args, at, 0
	return true
}

// shortNumber reads a number of up to five digits, without sign or leading zeros, that begins at at. next is where the next line begins,
// 0 when there is no such number, or the end of its line is missing.
func shortNumber(b []byte, at int) (n, next int) {
	end := min(len(b)-1, at+6)
	for i := at; i < end; i++ {
		d := int(b[i]) - '0'
		switch {
		case uint(d) <= 9 && (n > 0 || i == at):
			n = n*10 + d
		case b[i] == '\r' && i > at:
			return n, i + 2
		default:
			return 0, 0
		}
	}
	return 0, 0
}

// count reads the line "*<n>\r\n"; it reports false when the line is incomplete.
func (r *Reader) count() (bool, error) {
	n, next, valid := r.number()
	if next == 0 {
		return r.incompleteLine(errCountTooBig)
	}
	if !valid || n > maxCount {
		return false, errCount
	}
	if n > maxCountNoAuth && r.limits.Unauthenticated {
		return false, errCountNoAuth
	}
	r.pos, r.scanned = next, 0
	r.left = int(max(n, 0))
	return true, nil
}

// arguments reads what the command lacks; it reports false when bytes are missing.
func (r *Reader) arguments() (bool, error) {
	for r.left > 0 {
		if r.bulk < 0 {
			if ok, err := r.length(); err != nil || !ok {
				return false, err
			}
		}
		arg, ok := r.bulkString()
		if !ok {
			return false, nil
		}
		r.args = append(r.args, arg)
		r.bulk = -1
		r.left--
	}
	return true, nil
}

// length reads the line "$<n>\r\n" and decides where the argument will be.
func (r *Reader) length() (bool, error) {
	if r.pos == r.end {
		return false, nil
	}
	if c := r.buf.chunk[r.pos]; c != '$' {
		if end := r.lineEnd('\r'); end < 0 || end+1 >= r.end {
			return r.incompleteLine(errLengthTooBig)
		}
		return false, errExpectedDollar(c)
	}
	n, next, valid := r.number()
	if next == 0 {
		return r.incompleteLine(errLengthTooBig)
	}
	if !valid || n < 0 || n > r.limits.MaxBulk {
		return false, errLength
	}
	if n > maxBulkNoAuth && r.limits.Unauthenticated {
		return false, errLengthNoAuth
	}
	if r.size += n + argOverhead; r.size > r.limits.MaxCommand {
		return false, ErrCommandTooLarge
	}
	r.pos, r.scanned = next, 0
	r.bulk = int(n)
	return true, nil
}

// bulkString returns the argument when it and the two bytes after it are there. As
// in Redis those two may be any bytes.
func (r *Reader) bulkString() ([]byte, bool) {
	if r.bulk >= BigArg {
		return r.bigBulk()
	}
	i, j := r.pos, r.pos+r.bulk
	if r.end-j < 2 {
		return nil, false
	}
	r.pos = j + 2
	return r.buf.chunk[i:j:j], true
}

// number parses the number line at pos, whose first byte is its type. next is where the next line begins, 0
// when the end of this one is missing.
func (r *Reader) number() (n int64, next int, valid bool) {
	if short, next := shortNumber(r.buf.chunk[:r.end], r.pos+1); next > 0 {
		return int64(short), next, true
	}
	return r.rareNumber()
}

func (r *Reader) rareNumber() (n int64, next int, valid bool) {
	end := r.lineEnd('\r')
	if end < 0 || end+1 >= r.end {
		return 0, 0, false
	}
	n, valid = parseInt(r.buf.chunk[r.pos+1 : end])
	return n, end + 2, valid
}

// lineEnd returns the position of the terminator of the line at pos, or -1. Redis
// searches as in a C string, so a NUL hides what follows it.
func (r *Reader) lineEnd(terminator byte) int {
	b := r.buf.chunk[:r.end]
	for i := r.pos + r.scanned; i < len(b); i++ {
		switch b[i] {
		case terminator:
			r.scanned = i - r.pos
			return i
		case 0:
			r.scanned = i - r.pos
			return -1
		}
	}
	r.scanned = len(b) - r.pos
	return -1
}

func (r *Reader) incompleteLine(tooBig error) (bool, error) {
	atEnd := r.scanned < r.end-r.pos && r.buf.chunk[r.pos+r.scanned] == '\r'
	if !atEnd && r.end-r.pos > maxLine {
		return false, tooBig
	}
	return false, nil
}

// parseInt accepts what Redis' string2ll does: no sign but '-', no leading zeros,
// the range of int64.
func parseInt(b []byte) (int64, bool) {
	if len(b) == 1 && b[0] == '0' {
		return 0, true
	}
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 19 || b[0] < '1' || b[0] > '9' {
		return 0, false
	}
	var n uint64 // 19 digits cannot overflow it
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	if negative {
		return -int64(n), n <= 1<<63
	}
	return int64(n), n < 1<<63
}
