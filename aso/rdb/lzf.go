package rdb

import "errors"

var errLZF = errors.New("bad compressed string")

const (
	lzfWindow  = 1 << 13
	lzfLongest = 264 // bytes that one reference copies, at most
	lzfShort   = 32  // up to here it is a run of literals
)

// decompress returns the n bytes that were compressed to src.
func decompress(src []byte, n uint64) ([]byte, error) {
	if n == 0 || n > uint64(len(src))*lzfLongest {
		return nil, errLZF
	}
	dst := make([]byte, 0, n)
	for len(src) > 0 {
		head := int(src[0])
		src = src[1:]
		if head < lzfShort {
			if head >= len(src) {
				return nil, errLZF
			}
			dst, src = append(dst, src[:head+1]...), src[head+1:]
			continue
		}
		length := head >> 5
		if length == 7 && len(src) > 0 {
			length += int(src[0])
			src = src[1:]
		}
		if len(src) == 0 {
			return nil, errLZF
		}
		from := len(dst) - (head&31<<8 | int(src[0])) - 1
		src = src[1:]
		if from < 0 || uint64(len(dst)+length+2) > n {
			return nil, errLZF
		}
		for i := range length + 2 { // it may overlap what it makes
			dst = append(dst, dst[from+i])
		}
	}
	if uint64(len(dst)) != n {
		return nil, errLZF
	}
	return dst, nil
}

// compress appends s compressed to dst, or returns false if that is not shorter.
func compress(dst, s []byte) ([]byte, bool) {
	const hashBits = 13
	var seen [1 << hashBits]int32 // where three bytes with this hash were last, plus 1
	limit := len(dst) + len(s) - 4
	literals := 0 // bytes before at that stand for themselves and are not written yet
	at := 0
	flush := func() {
		for literals > 0 {
			n := min(literals, lzfShort)
			dst = append(append(dst, byte(n-1)), s[at-literals:at-literals+n]...)
			literals -= n
		}
	}
	for at < len(s)-2 && len(dst)+literals < limit {
		h := (uint32(s[at])<<16 | uint32(s[at+1])<<8 | uint32(s[at+2])) * 2654435761 >> (32 - hashBits)
		from := int(seen[h]) - 1
		seen[h] = int32(at + 1)
		if from < 0 || at-from > lzfWindow || s[from] != s[at] || s[from+1] != s[at+1] || s[from+2] != s[at+2] {
			literals++
			at++
			continue
		}
		n := 3
		for n < lzfLongest && at+n < len(s) && s[from+n] == s[at+n] {
			n++
		}
		flush()
		offset := at - from - 1
		if code := n - 2; code < 7 {
			dst = append(dst, byte(code<<5|offset>>8), byte(offset))
		} else {
			dst = append(dst, byte(7<<5|offset>>8), byte(code-7), byte(offset))
		}
		at += n
	}
	literals += len(s) - at
	at = len(s)
	flush()
	return dst, len(dst) <= limit
}
