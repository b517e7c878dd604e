package wire

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
	b := r.buf.chunk[:r.end]
	i := r.pos + 1
	if i+2 < len(b) && b[i]-'1' < 9 { // no sign, no leading zero
		stop := min(len(b)-1, i+10)
		for ; i < stop; i++ {
			d := b[i] - '0'
			if d > 9 {
				break
			}
			n = n*10 + int64(d)
		}
		if b[i] == '\r' && i+1 < len(b) {
			return n, i + 2, true
		}
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
